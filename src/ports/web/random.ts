/** Randomness from what every JavaScript runtime has, for seeds: a call costs as much for a thousand bytes as for four. */
import type { Random } from '../index.ts';

export function webRandom(): Random {
  return new WebRandom();
}

/** More is refused by `getRandomValues` at once. */
const bytesAtOnceMax = 65_536;

class WebRandom implements Random {
  readonly #word = new Uint32Array(1);

  uint32(): number {
    crypto.getRandomValues(this.#word);
    return this.#word[0] as number;
  }

  fill(into: Uint8Array): void {
    for (let start = 0; start < into.length; start += bytesAtOnceMax) {
      crypto.getRandomValues(into.subarray(start, start + bytesAtOnceMax) as Uint8Array<ArrayBuffer>);
    }
  }
}
