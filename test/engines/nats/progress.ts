/** What drives an engine while its servers are lost: how far it has come, and what it may be answered. */

/** What may be answered while servers are lost. Anything else, such as lost data, is none of it. */
export const passing: ReadonlySet<unknown> = new Set(['deadline-exceeded', 'engine-unreachable']);

/** How far those have come who go on until the end. */
export class Progress {
  #count = 0;
  #isOver = false;
  #news = Promise.withResolvers<void>();

  get isOver(): boolean {
    return this.#isOver;
  }

  step(): void {
    this.#count += 1;
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  /** Resolves when so many more steps have been made. */
  async more(steps: number): Promise<void> {
    const wanted = this.#count + steps;
    while (this.#count < wanted) await this.#news.promise;
  }

  end(): void {
    this.#isOver = true;
  }
}
