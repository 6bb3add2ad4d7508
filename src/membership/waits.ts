/** Who waits until the members are such and such. Each wait ends: when it holds, by its signal, or with the member. */

interface Wait<T> {
  readonly holds: (value: T) => boolean;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

export class Waits<T> {
  readonly #waits = new Set<Wait<T>>();

  /** Resolves with the first value for which `holds` is true; `value` is that of now. */
  until(value: T, holds: (value: T) => boolean, signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (holds(value)) return Promise.resolve(value);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#waits.delete(wait);
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => wait.reject(signal?.reason);
      const wait: Wait<T> = {
        holds,
        resolve: (found) => {
          settle();
          resolve(found);
        },
        reject: (reason) => {
          settle();
          reject(reason);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waits.add(wait);
    });
  }

  /** A condition that throws ends its own wait alone. */
  look(valueNow: () => T): void {
    if (this.#waits.size === 0) return;
    const value = valueNow();
    for (const wait of [...this.#waits]) {
      try {
        if (wait.holds(value)) wait.resolve(value);
      } catch (error) {
        wait.reject(error);
      }
    }
  }

  end(reason: unknown): void {
    for (const wait of [...this.#waits]) wait.reject(reason);
  }
}
