/**
 * Places that were left by this process, told to those of the same process who wait for them: the answer to the one
 * who leaves comes before the watch of the one who waits. It is a hint and no more, since the watch is there as well.
 */
import type { Mark } from '../engines/port/index.ts';

/** Hears when the item was gone, as far as that is known. */
type Listener = (mark: Mark | undefined) => void;

export class Departures {
  readonly #waiting = new Map<string, Set<Listener>>();

  /** Calls `listener` when the item is gone, until the function that it returns is called. */
  expect(key: string, listener: Listener): () => void {
    const listeners = this.#waiting.get(key) ?? new Set<Listener>();
    this.#waiting.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#waiting.get(key) === listeners) this.#waiting.delete(key);
    };
  }

  /** The server has said that the item is gone. */
  tell(key: string, mark: Mark | undefined): void {
    for (const listener of this.#waiting.get(key) ?? []) listener(mark);
  }
}
