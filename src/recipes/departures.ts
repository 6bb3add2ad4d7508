/**
 * Places that were left by this process, told to those of the same process who wait for them: the answer to the one
 * who leaves comes before the watch of the one who waits. It is a hint and no more, since the watch is there as well.
 */
export class Departures {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Calls `listener` when the item is gone, until the function that it returns is called. */
  expect(key: string, listener: () => void): () => void {
    const listeners = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#waiting.get(key) === listeners) this.#waiting.delete(key);
    };
  }

  /** The server has said that the item is gone. */
  tell(key: string): void {
    for (const listener of this.#waiting.get(key) ?? []) listener();
  }
}
