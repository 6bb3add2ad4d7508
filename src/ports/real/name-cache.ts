/**
 * Addresses of names, kept for a while. A datagram asks for the address of its receiver each time it is sent, and Node
 * asks the system on one of four threads that the disk needs as well: a name service that is slow would slow down
 * everything. So a name is asked for once at a time and then kept for a moment, a failure for a shorter one.
 *
 * Who waits for one name is bounded by what may wait in its socket; how many names are kept, by `namesMax`.
 */
import { isIP } from 'node:net';

/** As Node's sockets call it. */
type Lookup = (name: string, family: number, done: LookupDone) => void;

export type LookupDone = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

export interface NameCacheOptions {
  readonly lookup: Lookup;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly keepMs: number;
  readonly keepFailureMs: number;
  readonly namesMax: number;
}

interface Answer {
  readonly error: NodeJS.ErrnoException | null;
  readonly address: string;
  readonly family: number;
  readonly untilMs: number;
}

export class NameCache {
  readonly #options: NameCacheOptions;
  readonly #answers = new Map<string, Answer>();
  readonly #waiting = new Map<string, LookupDone[]>();

  constructor(options: NameCacheOptions) {
    this.#options = options;
  }

  /** The address of a name; that of an address is itself. Answers in this call where it is known. */
  lookup(name: string, family: number, done: LookupDone): void {
    const kind = isIP(name);
    if (kind !== 0) {
      done(null, name, kind);
      return;
    }
    const key = `${family} ${name}`;
    const known = this.#answers.get(key);
    if (known !== undefined && this.#options.now() < known.untilMs) {
      done(known.error, known.address, known.family);
      return;
    }
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) this.#ask(key, name, family, done);
    else waiting.push(done);
  }

  #ask(key: string, name: string, family: number, done: LookupDone): void {
    const waiting = [done];
    this.#waiting.set(key, waiting);
    this.#options.lookup(name, family, (error, address, found) => {
      const { now, keepMs, keepFailureMs, namesMax } = this.#options;
      this.#waiting.delete(key);
      // The oldest makes room.
      this.#answers.delete(key);
      const [oldest] = this.#answers.keys();
      if (this.#answers.size >= namesMax && oldest !== undefined) this.#answers.delete(oldest);
      const untilMs = now() + (error === null ? keepMs : keepFailureMs);
      this.#answers.set(key, { error, address, family: found, untilMs });
      for (const each of waiting) each(error, address, found);
    });
  }
}
