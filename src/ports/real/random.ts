/**
 * Randomness from the operating system. A call into the generator costs about as much for four bytes as for
 * a thousand, so single numbers come from a pool that is refilled as a whole.
 */
import { randomFillSync } from 'node:crypto';
import type { Random } from '../index.ts';

const poolWords = 256;

export function realRandom(): Random {
  return new RealRandom();
}

class RealRandom implements Random {
  readonly #pool = new Uint32Array(poolWords);
  #used = poolWords;

  uint32(): number {
    if (this.#used === poolWords) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const drawn = this.#pool[this.#used] as number;
    this.#used += 1;
    return drawn;
  }

  fill(into: Uint8Array): void {
    randomFillSync(into);
  }
}
