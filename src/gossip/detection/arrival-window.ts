/**
 * The last intervals between the heartbeats of one member, with their mean and deviation at hand. A sum that is kept up
 * by adding what comes and subtracting what goes drifts when it is rounded each time: after weeks it belongs to no
 * window, and a deviation may come out as the root of less than nothing. So intervals are whole numbers of sixteenths of
 * a millisecond, finer than any timer, and none is longer than three minutes: with a thousand of them the sum of their
 * squares stays below 2⁵³, every sum is exact, and what goes takes away what it brought, to the last bit.
 */
import { assert, assertFigures } from '../../base/index.ts';

/** Units of a millisecond. */
const perMs = 16;
export const windowMax = 1_000;
/** A longer interval counts as one of this length. */
export const intervalMaxMs = 180_000;

export class ArrivalWindow {
  /** In units; a ring, of which `#next` is the place that is written next. */
  readonly #intervals: Uint32Array;
  #next = 0;
  #count = 0;
  #sum = 0;
  #sumOfSquares = 0;

  constructor(size: number) {
    assertFigures(
      size >= 2 && size <= windowMax,
      'a window of a size that keeps its sums exact',
      size,
      windowMax,
    );
    this.#intervals = new Uint32Array(size);
  }

  get count(): number {
    return this.#count;
  }

  get meanMs(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count / perMs;
  }

  /** Of all that are there, not of a sample. */
  get deviationMs(): number {
    if (this.#count === 0) return 0;
    const mean = this.#sum / this.#count;
    // The difference of two numbers that may be nearly equal: off by a thousandth of a square unit at most, either way.
    return Math.sqrt(Math.max(0, this.#sumOfSquares / this.#count - mean * mean)) / perMs;
  }

  add(intervalMs: number): void {
    const interval = Math.round(Math.min(Math.max(0, intervalMs), intervalMaxMs) * perMs);
    if (this.#count === this.#intervals.length) {
      const oldest = this.#intervals[this.#next] as number;
      this.#sum -= oldest;
      this.#sumOfSquares -= oldest * oldest;
    } else {
      this.#count += 1;
    }
    this.#intervals[this.#next] = interval;
    this.#next = (this.#next + 1) % this.#intervals.length;
    this.#sum += interval;
    this.#sumOfSquares += interval * interval;
    assert(
      this.#sum >= 0 && this.#sumOfSquares >= this.#sum,
      'whole intervals are no longer than their squares',
    );
    assertFigures(
      this.#sumOfSquares <= Number.MAX_SAFE_INTEGER,
      'sums of a window are exact',
      this.#sumOfSquares,
      Number.MAX_SAFE_INTEGER,
    );
  }
}
