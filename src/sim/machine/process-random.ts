/** The random port of one process: a generator of its own, so that what it draws changes nobody else's luck. */
import type { Prng } from '../../base/index.ts';
import type { Random } from '../../ports/index.ts';

export class ProcessRandom implements Random {
  readonly #prng: Prng;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  uint32(): number {
    return this.#prng.uint32();
  }

  fill(into: Uint8Array): void {
    let word = 0;
    for (let index = 0; index < into.length; index += 1) {
      word = index % 4 === 0 ? this.#prng.uint32() : word >>> 8;
      into[index] = word;
    }
  }
}
