/**
 * The adds of one program to one counter, one after the other: all at once they would only make each other's
 * conditions fail. What the last of them has left there is remembered, so that the next need not read first; where
 * another program has come between, the condition fails and tells what is there.
 */
import type { KeyValue } from './answers.ts';
import type { Calls, Limits } from './calls.ts';

/** Counters whose last value is remembered. */
const knownMax = 1_024;

export class CounterTurns {
  readonly #calls: Calls;
  /** Who is last in each counter's line. */
  readonly #lines = new Map<string, Promise<void>>();
  readonly #known = new Map<string, KeyValue>();

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  known(key: string): KeyValue | undefined {
    return this.#known.get(key);
  }

  /** Undefined: nothing is known of it any more. */
  learn(key: string, item: KeyValue | undefined): void {
    this.#known.delete(key);
    if (item === undefined) return;
    if (this.#known.size >= knownMax)
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    this.#known.set(key, item);
  }

  /** Resolves when it is the turn of who calls, to what ends the turn; of several counters in one order for all. */
  async take(keys: readonly string[], limits: Limits): Promise<() => void> {
    const ends: (() => void)[] = [];
    const end = (): void => {
      for (const one of ends) one();
    };
    try {
      for (const key of keys.toSorted()) ends.push(await this.#takeOne(key, limits));
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  async #takeOne(key: string, limits: Limits): Promise<() => void> {
    const before = this.#lines.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#lines.set(key, promise);
    const end = (): void => {
      resolve();
      if (this.#lines.get(key) === promise) this.#lines.delete(key);
    };
    if (before === undefined) return end;
    try {
      await this.#calls.within(before, `an add to ${key}`, limits);
    } catch (error) {
      // Whoever comes behind waits for those before.
      void before.then(end);
      throw error;
    }
    return end;
  }
}
