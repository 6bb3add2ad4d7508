/**
 * Reads whose index is known, and which wait for the state machine to reach it. Those of one index stand
 * together, so that a state machine that lags behind is not asked about each of them again and again.
 */
import { Deque } from '../base/index.ts';

interface Indexed {
  readonly index: number;
  readonly ids: number[];
}

export class IndexedReads {
  readonly #waiting = new Deque<Indexed>();
  #size = 0;

  /** How many reads wait. */
  get size(): number {
    return this.#size;
  }

  add(index: number, ids: readonly number[]): void {
    this.#size += ids.length;
    const newest = this.#waiting.back();
    if (newest?.index === index) newest.ids.push(...ids);
    else this.#waiting.pushBack({ index, ids: [...ids] });
  }

  /** Moves those that the state machine has reached to the end of `ready`. */
  release(applied: number, ready: number[]): void {
    // Indexes come in order from one leader, but not across leaders; so every group of reads is looked at.
    for (let left = this.#waiting.size; left > 0; left -= 1) {
      const reads = this.#waiting.popFront() as Indexed;
      if (reads.index > applied) {
        this.#waiting.pushBack(reads);
        continue;
      }
      this.#size -= reads.ids.length;
      ready.push(...reads.ids);
    }
  }
}
