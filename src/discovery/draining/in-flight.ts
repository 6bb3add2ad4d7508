/** Counts what has begun and not ended, so that who stops knows when nothing is left. */
import { untilAborted } from '../../base/index.ts';

export class InFlight {
  #count = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  get count(): number {
    return this.#count;
  }

  /** Something has begun; the function that it returns says that it is over, once however often it is called. */
  begin(): () => void {
    this.#count += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#count -= 1;
      if (this.#count === 0) this.#settle();
    };
  }

  /** Counts a task for as long as it runs. */
  async run<T>(task: () => T | Promise<T>): Promise<T> {
    const end = this.begin();
    try {
      return await task();
    } finally {
      end();
    }
  }

  /** Resolves when nothing is under way; rejects with the signal's reason when that comes first. */
  async idle(signal: AbortSignal): Promise<void> {
    while (this.#count > 0) {
      this.#idle ??= Promise.withResolvers<void>();
      await untilAborted(this.#idle.promise, signal);
    }
  }

  #settle(): void {
    this.#idle?.resolve();
    this.#idle = undefined;
  }
}
