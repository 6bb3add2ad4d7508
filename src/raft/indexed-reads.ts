/**
 * Reads whose index is known, and which wait for the state machine to reach it. Those of one index stand
 * together, so that a state machine that lags behind is not asked about each of them again and again.
 */
import { Deque } from '../base/index.ts';

interface Indexed {
  readonly index: number;
  readonly ids: number[];
  ticksLeft: number;
}

export class IndexedReads {
  readonly #waiting = new Deque<Indexed>();
  #size = 0;

  /** How many reads wait. */
  get size(): number {
    return this.#size;
  }

  /** `ticksMax` is how long to wait for a log that does not reach `index`. */
  add(index: number, ids: readonly number[], ticksMax: number): void {
    this.#size += ids.length;
    const newest = this.#waiting.back();
    if (newest?.index === index) newest.ids.push(...ids);
    else this.#waiting.pushBack({ index, ids: [...ids], ticksLeft: ticksMax });
  }

  /** Moves those that the state machine has reached to the end of `ready`. */
  release(applied: number, ready: number[]): void {
    // Indexes come in order from one leader, but not across leaders; so every group of reads is looked at.
    this.#sift(({ index }) => index <= applied, ready);
  }

  /**
   * The reads of which the log has heard nothing for too long: this member may have been removed, and would
   * wait for ever. What is committed here will be applied, however long it takes.
   */
  tick(commit: number): readonly number[] {
    const late: number[] = [];
    if (this.#size === 0) return late;
    this.#sift((reads) => {
      if (reads.index > commit) reads.ticksLeft -= 1;
      return reads.ticksLeft <= 0 && reads.index > commit;
    }, late);
    return late;
  }

  #sift(isOver: (reads: Indexed) => boolean, into: number[]): void {
    for (let left = this.#waiting.size; left > 0; left -= 1) {
      const reads = this.#waiting.popFront() as Indexed;
      if (!isOver(reads)) {
        this.#waiting.pushBack(reads);
        continue;
      }
      this.#size -= reads.ids.length;
      into.push(...reads.ids);
    }
  }
}
