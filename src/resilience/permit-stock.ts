/**
 * Permits that one process has taken for one key, and until when each block may be used: a permit that lay here for
 * long would add what was saved up to what has come since.
 */

interface Block {
  permits: number;
  readonly untilMs: number;
}

export class PermitStock {
  /** The oldest first; few, because another is asked for when little is left. */
  readonly #blocks: Block[] = [];

  add(permits: number, untilMs: number): void {
    if (permits > 0) this.#blocks.push({ permits, untilMs });
  }

  /** False: there is none. */
  take(nowMs: number): boolean {
    for (let first = this.#blocks[0]; first !== undefined; first = this.#blocks[0]) {
      if (first.untilMs > nowMs && first.permits > 0) {
        first.permits -= 1;
        return true;
      }
      this.#blocks.shift();
    }
    return false;
  }

  left(nowMs: number): number {
    let left = 0;
    for (const { permits, untilMs } of this.#blocks) if (untilMs > nowMs) left += permits;
    return left;
  }
}
