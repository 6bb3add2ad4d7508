/**
 * Finds out who leads when the node that was believed to lead has fallen silent. A process that was stopped, or a
 * link that was cut without a word, breaks no connection: requests would wait there until their deadlines. So the
 * other nodes are asked, all at once, and whoever leads by the highest term that any of them knows is the one to go
 * to. Nobody is left on suspicion: as long as the others still believe in the silent node, so do we.
 */
import type { Clock } from '../ports/index.ts';

export interface LeaderSearchOptions {
  readonly clock: Clock;
  /** Asks one node for its status; the bytes are JSON. Rejects when it cannot be asked, or the signal says so. */
  readonly ask: (endpoint: number, signal: AbortSignal) => Promise<Uint8Array>;
  /** Those that may be asked now. */
  readonly endpoints: () => readonly number[];
}

/** What one node says of a group. */
interface Opinion {
  readonly endpoint: number;
  readonly leads: boolean;
  readonly term: number;
}

/** Whoever has not answered by then has no say. */
const answerMsMax = 150;

export class LeaderSearch {
  readonly #options: LeaderSearchOptions;
  #isUnderWay = false;

  constructor(options: LeaderSearchOptions) {
    this.#options = options;
  }

  /** Resolves to the endpoint that leads `group`; `undefined` when nobody but the silent one may, or while another search is under way. */
  async findBeside(silent: number, group: number): Promise<number | undefined> {
    if (this.#isUnderWay) return undefined;
    this.#isUnderWay = true;
    const { clock, endpoints } = this.#options;
    const patience = new AbortController();
    const timer = clock.setTimer(answerMsMax, () => patience.abort(new Error('it took too long')), {
      background: true,
    });
    const others = endpoints().filter((endpoint) => endpoint !== silent);
    try {
      const asked = others.map((endpoint) => this.#opinion(endpoint, group, patience.signal));
      return leaderOf((await Promise.all(asked)).filter((opinion) => opinion !== undefined));
    } finally {
      timer.cancel();
      this.#isUnderWay = false;
    }
  }

  /** One that cannot be asked has no opinion, whatever the reason. */
  async #opinion(endpoint: number, group: number, signal: AbortSignal): Promise<Opinion | undefined> {
    try {
      return opinionIn(await this.#options.ask(endpoint, signal), endpoint, group);
    } catch {
      return undefined;
    }
  }
}

/** A leader of an older term than anybody knows of is none any more. */
function leaderOf(opinions: readonly Opinion[]): number | undefined {
  const term = Math.max(...opinions.map((opinion) => opinion.term));
  return opinions.find((opinion) => opinion.leads && opinion.term === term)?.endpoint;
}

interface StatusText {
  readonly groups: readonly { readonly group: number; readonly role: string; readonly term: number }[];
}

function opinionIn(bytes: Uint8Array, endpoint: number, group: number): Opinion | undefined {
  const { groups } = JSON.parse(new TextDecoder().decode(bytes)) as StatusText;
  const told = groups.find((one) => one.group === group);
  return told === undefined ? undefined : { endpoint, leads: told.role === 'leader', term: told.term };
}
