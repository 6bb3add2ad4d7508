/**
 * Draws one of many by weight in the time of one look (Walker's alias method, filled as Vose does): each place holds
 * at most two, itself up to a threshold and another one above it.
 */
import { assert, type Prng } from '../../base/index.ts';

export class AliasTable {
  readonly #thresholds: Float64Array;
  readonly #others: Uint32Array;

  /** At least one weight, each finite and above 0. */
  constructor(weights: readonly number[]) {
    const { length } = weights;
    assert(length > 0, 'something to draw from');
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / length;
    const left = Float64Array.from(weights, (weight) => weight / mean);
    this.#thresholds = new Float64Array(length).fill(1);
    this.#others = Uint32Array.from(weights, (_, place) => place);
    const small: number[] = [];
    const large: number[] = [];
    for (const [place, share] of left.entries()) (share < 1 ? small : large).push(place);
    while (small.length > 0 && large.length > 0) {
      const poor = small.pop() as number;
      const rich = large.at(-1) as number;
      const share = left[poor] as number;
      this.#thresholds[poor] = share;
      this.#others[poor] = rich;
      const rest = (left[rich] as number) - (1 - share);
      left[rich] = rest;
      if (rest < 1) small.push(large.pop() as number);
    }
    // What is left of either is 1 but for rounding.
  }

  /** The place of the one that was drawn. */
  draw(random: Prng): number {
    const drawn = random.float() * this.#thresholds.length;
    const place = drawn | 0;
    return drawn - place < (this.#thresholds[place] as number) ? place : (this.#others[place] as number);
  }
}
