/**
 * Services by what DNS calls them. Names there differ by nothing that only case tells (RFC 4343), and a registry keeps
 * them as they are written, so the names that a registry has are read, and read again when one is asked for that was
 * not among them: at most so often, whoever asks.
 *
 * Of several that differ only by case, DNS can name one: the one that is written in lower case, or the first of them in
 * order. The others are not mixed into its answers, since they are other services; they are counted.
 */
import { linkSignals, QuorateError, untilAborted } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import { labelText } from './dns-name.ts';

/** All services that there are, as they are written. */
export type NamesOf = (options: { readonly signal: AbortSignal }) => Promise<readonly string[]>;

export interface ServiceNamesOptions {
  /** Undefined: nobody knows them, and a service is found by its name in lower case. */
  readonly names: NamesOf | undefined;
  readonly clock: Clock;
  /** They are read no more often than this. */
  readonly everyMs: number;
  /** Reading them takes no longer. */
  readonly readMsMax: number;
  /** Hears why they could not be read, when `label` was asked for. */
  readonly failed: (label: string, error: unknown) => void;
}

export class ServiceNames {
  readonly #options: ServiceNamesOptions;
  /** By their names in lower case. */
  #known: ReadonlyMap<string, string> = new Map();
  #hidden = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  readonly #over = new AbortController();

  constructor(options: ServiceNamesOptions) {
    this.#options = options;
  }

  /** Services that DNS cannot tell from another one. */
  get hidden(): number {
    return this.#hidden;
  }

  /** As it is written; undefined where nobody knows of it. `label` is in lower case. */
  async find(label: string): Promise<string | undefined> {
    const { names, clock, everyMs } = this.#options;
    const known = this.#known.get(label);
    if (known === label || names === undefined) return known;
    if (this.#reading === undefined && clock.now() - this.#readAt >= everyMs) {
      this.#reading = this.#read(names, label).finally(() => {
        this.#reading = undefined;
      });
    }
    // One in lower case may have come, which the next question finds; this one need not wait for that.
    if (known !== undefined || this.#reading === undefined) return known;
    await this.#reading;
    return this.#known.get(label);
  }

  close(): void {
    this.#over.abort(new QuorateError({ code: 'closed', message: closed, data: { what: 'DNS server' } }));
  }

  /** What could be read before holds where it cannot be read now. */
  async #read(names: NamesOf, label: string): Promise<void> {
    const { clock, readMsMax, failed } = this.#options;
    using wait = linkSignals(this.#over.signal);
    const timer = clock.setTimer(readMsMax, () => wait.abort(tooLate(readMsMax)), { background: true });
    try {
      const asked = (async () => await names({ signal: wait.signal }))();
      const all = await untilAborted(asked, wait.signal);
      this.#known = byLowerCase(all);
      this.#hidden = all.length - this.#known.size;
    } catch (error) {
      if (!this.#over.signal.aborted) failed(label, error);
    } finally {
      timer.cancel();
      this.#readAt = clock.now();
    }
  }
}

const closed = 'the DNS server was closed; start another one';

function byLowerCase(names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of [...names].sort()) {
    const label = labelText(name);
    if (!found.has(label) || name === name.toLowerCase()) found.set(label, name);
  }
  return found;
}

function tooLate(milliseconds: number): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `the names of services could not be read within ${milliseconds} ms; the registry may be away`,
    data: { milliseconds },
  });
}
