/**
 * A seeded generator (sfc32: 128 bits of state, passes PractRand to many terabytes). Cores and the simulator
 * draw all their randomness from one of these, so that a run replays from one number. Not for secrets.
 */
import { assert } from './assert.ts';

export class Prng {
  /**
   * Three words and a counter. In an array of 32-bit words a draw costs half of what it does with four fields, which the
   * engine tags and untags each time.
   */
  readonly #state: Int32Array;

  constructor(seed: number) {
    assert(Number.isSafeInteger(seed), `a seed is a safe integer, not ${seed}`);
    this.#state = Int32Array.of(seed | 0, Math.floor(seed / 0x1_0000_0000) | 0, 0x9e37_79b9 | 0, 1);
    for (let round = 0; round < 16; round += 1) this.uint32();
  }

  /** A whole number in [0, 2³²). */
  uint32(): number {
    const state = this.#state;
    const a = state[0] as number;
    const b = state[1] as number;
    const c = state[2] as number;
    const counter = state[3] as number;
    const sum = (((a + b) | 0) + counter) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = (c + (c << 3)) | 0;
    state[2] = (((c << 21) | (c >>> 11)) + sum) | 0;
    state[3] = (counter + 1) | 0;
    return sum >>> 0;
  }

  /** A number in [0, 1). */
  float(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** A whole number in [0, bound), without the bias of a plain remainder. */
  below(bound: number): number {
    assert(
      Number.isInteger(bound) && bound > 0 && bound <= 0x1_0000_0000,
      'a bound is whole and in [1, 2^32]',
    );
    const unbiased = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    let drawn = this.uint32();
    while (drawn >= unbiased) drawn = this.uint32();
    return drawn % bound;
  }

  /** A whole number in [least, most], both ends included. */
  between(least: number, most: number): number {
    assert(Number.isInteger(least) && least <= most, 'a range begins at a whole number and is not empty');
    return least + this.below(most - least + 1);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.float() < probability;
  }

  /** One element, each as likely as the next. */
  pick<T>(choices: readonly T[]): T {
    assert(choices.length > 0, 'picked from nothing');
    return choices[this.below(choices.length)] as T;
  }

  /** The same elements in random order; the input stays as it is. */
  shuffled<T>(elements: readonly T[]): T[] {
    const result = elements.slice();
    for (let last = result.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      const moved = result[last] as T;
      result[last] = result[other] as T;
      result[other] = moved;
    }
    return result;
  }

  /** A generator of its own, so that one consumer's extra draw does not change what the others see. */
  fork(): Prng {
    return new Prng(this.uint32() * 0x20_0000 + (this.uint32() >>> 11));
  }
}
