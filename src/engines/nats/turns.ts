/** Takes turns by key, so that the calls of one process on one item do not race each other to the server and lose. */
import type { Call } from './call.ts';

export class Turns {
  /** Of each key, the end of the last one who asked for a turn. */
  readonly #last = new Map<string, Promise<void>>();

  /** Waits for those who asked before, at most as long as its call lasts, and for none behind it. */
  async take<T>(key: string, call: Call, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const own = before === undefined ? done : before.then(() => done);
    this.#last.set(key, own);
    try {
      if (before !== undefined) await call.wait(before);
      return await work();
    } finally {
      resolve();
      void own.then(() => {
        if (this.#last.get(key) === own) this.#last.delete(key);
      });
    }
  }
}
