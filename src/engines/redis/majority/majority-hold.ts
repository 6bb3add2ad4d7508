/**
 * A lock that a majority has granted. It is over, by the clock of this process alone, before the servers let anybody
 * else have it. There is no token, because no server counts the holders of all: what it guards cannot tell a holder
 * whose time is over from the next one, so nothing here is fenced.
 */
import { QuorateError, watchfulSignal } from '../../../base/index.ts';
import type { Clock, Random } from '../../../ports/index.ts';
import { Life, Renewal, sessionOver } from '../../port/index.ts';
import { poll } from './poll.ts';
import { extendScript, releaseScript } from './scripts.ts';
import type { Voter } from './voter.ts';

export interface MajorityHoldInit {
  readonly clock: Clock;
  readonly random: Random;
  readonly voters: readonly Voter[];
  readonly keys: readonly string[];
  /** The keys as the servers have them. */
  readonly places: readonly string[];
  readonly value: string;
  readonly ttlMs: number;
  readonly share: number;
  readonly sentAt: number;
  /** Ends what is still being asked for it, so that nothing is granted behind its release. */
  readonly asking: AbortController;
  readonly onOver: () => void;
}

export class MajorityHold implements AsyncDisposable {
  readonly keys: readonly string[];
  readonly #init: MajorityHoldInit;
  readonly #life: Life;
  readonly #renewal: Renewal;
  readonly #lost = new AbortController();
  readonly #signal: AbortSignal;
  #isOver = false;
  #releasing: Promise<void> | undefined;

  constructor(init: MajorityHoldInit) {
    const { clock, keys, ttlMs, share, sentAt } = init;
    this.#init = init;
    this.keys = keys;
    this.#life = new Life({ clock, name: `of the lock ${keys.join(', ')}`, ttlMs, sentAt });
    this.#signal = watchfulSignal(this.#lost.signal, () => this.#look());
    this.#life.over.addEventListener('abort', () => this.#end(), { once: true });
    this.#renewal = new Renewal({ clock, life: this.#life, ttlMs, share, renew: () => this.#renew() });
  }

  /** Aborts with `not-held` when it is over. To read it is to look at the clock. */
  get signal(): AbortSignal {
    return this.#signal;
  }

  get isHeld(): boolean {
    return !this.#signal.aborted;
  }

  /** For how long it is held at least, if no renewal succeeds any more. 0 when it is over. */
  get remainingMs(): number {
    return this.#life.remainingMs;
  }

  /** Throws `not-held` when it is over. */
  assertHeld(): void {
    this.#signal.throwIfAborted();
  }

  /** Takes it back from all servers, also those that never said that they had granted it. May be called twice. */
  release(): Promise<void> {
    this.#releasing ??= this.#release();
    return this.#releasing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** Settles when each server has answered, or has not in time: there it expires. */
  async #release(): Promise<void> {
    this.#life.end('it was released');
    await this.#renewal.close();
    this.#init.asking.abort();
    const { voters, value, ttlMs, places } = this.#init;
    await withdraw(voters, { value, ttlMs, places });
  }

  async #renew(): Promise<void> {
    const { voters, value, ttlMs, places, share } = this.#init;
    const words = [value, String(ttlMs), ...places];
    const milliseconds = ttlMs * share;
    const { isGranted, refusals, trouble } = await poll(voters, {
      script: extendScript,
      words,
      milliseconds,
    });
    if (isGranted) return;
    if (refusals > voters.length / 2) throw sessionOver(places.join(', '), 'most servers have lost it');
    throw trouble ?? sessionOver(places.join(', '), 'no majority has it any more');
  }

  #look(): void {
    if (!this.#life.isLive) this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { keys } = this.#init;
    const what = `the majority lock ${keys.join(', ')}`;
    this.#lost.abort(notHeld(what, keys, this.#life.over.reason));
    this.#init.onOver();
  }
}

export interface Withdrawal {
  readonly value: string;
  readonly ttlMs: number;
  readonly places: readonly string[];
}

/** Longest that a release waits for a server; behind it the key expires. */
const withdrawalMsMax = 1_000;

/** Asks every server to forget it; resolves when all have answered or their time is over. */
export async function withdraw(
  voters: readonly Voter[],
  { value, ttlMs, places }: Withdrawal,
): Promise<void> {
  const words = [value, String(ttlMs), ...places];
  const milliseconds = Math.min(ttlMs, withdrawalMsMax);
  const ignored = (): undefined => undefined;
  await Promise.all(
    voters.map((voter) => voter.ask({ script: releaseScript, words, milliseconds }, ignored)),
  );
}

function notHeld(what: string, keys: readonly string[], cause: unknown): QuorateError<'not-held'> {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new QuorateError({
    code: 'not-held',
    message: `${what} is not held any more: ${why}`,
    data: { what, key: keys.join(', '), token: 0 },
    cause,
  });
}
