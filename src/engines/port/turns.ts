/**
 * Takes turns by key, so that the calls of one program that each read an item and write it on a condition do not make
 * each other's conditions fail.
 */
export class Turns {
  /** Of each key, the end of the last one who asked for a turn. */
  readonly #last = new Map<string, Promise<void>>();

  /**
   * Resolves when it is the turn of who calls, to what ends it. `wait` waits as long as the call may last; of several
   * keys all go in one order, so that nobody waits for somebody who waits for him.
   */
  async take(keys: readonly string[], wait: (before: Promise<void>) => Promise<void>): Promise<() => void> {
    const ends: (() => void)[] = [];
    const end = (): void => {
      for (const one of ends) one();
    };
    try {
      for (const key of keys.toSorted()) ends.push(await this.#takeOne(key, wait));
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  async #takeOne(key: string, wait: (before: Promise<void>) => Promise<void>): Promise<() => void> {
    const before = this.#last.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last.set(key, promise);
    const end = (): void => {
      resolve();
      if (this.#last.get(key) === promise) this.#last.delete(key);
    };
    if (before === undefined) return end;
    try {
      await wait(before);
    } catch (error) {
      // Whoever comes behind waits for those before.
      void before.then(end);
      throw error;
    }
    return end;
  }
}
