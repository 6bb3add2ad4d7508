/**
 * What the adds of this program have left in counters, so that the next one need not read first. Where another program
 * has come between, its condition fails and tells what is there.
 */
import type { KeyValue } from './answers.ts';

/** Counters whose last value is remembered. */
const knownMax = 1_024;

export class KnownCounters {
  readonly #known = new Map<string, KeyValue>();

  get(key: string): KeyValue | undefined {
    return this.#known.get(key);
  }

  learn(key: string, item: KeyValue): void {
    this.#known.delete(key);
    if (this.#known.size >= knownMax)
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    this.#known.set(key, item);
  }

  /** Nobody knows any more what it holds. */
  forget(key: string): void {
    this.#known.delete(key);
  }
}
