/**
 * Who wants to hear of something. What a listener throws is not the business of who tells: it is thrown where nobody
 * catches it, as the platform does with listeners of events.
 */
export class Listeners<Told> {
  #all: readonly ((told: Told) => void)[] = [];

  /** Returns what takes it away again, once however often it is called. */
  add(listener: (told: Told) => void): () => void {
    // Of its own, so that one listener added twice is taken away once.
    const added = (told: Told): void => listener(told);
    this.#all = [...this.#all, added];
    return () => {
      this.#all = this.#all.filter((other) => other !== added);
    };
  }

  tell(told: Told): void {
    for (const listener of this.#all) {
      try {
        listener(told);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#all = [];
  }
}
