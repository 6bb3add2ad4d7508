/**
 * A hash of the whole state that costs one pass over what changed. Each record of the state is hashed on its
 * own and the results are summed, so a record can come and go in any order: equal states have equal hashes,
 * whether a node got there by replay or by a snapshot, and a restored state can be checked against the hash
 * that it claims.
 *
 * Two lanes of 32 bits. It finds differences, it does not resist who makes them on purpose.
 */

const primeOne = 0x9e37_79b1;
const primeTwo = 0x85eb_ca6b;
const primeThree = 0xc2b2_ae35;
const highUnit = 0x1_0000_0000;

export class StateHash {
  #low: number;
  #high: number;

  constructor(low = 0, high = 0) {
    this.#low = low;
    this.#high = high;
  }

  get low(): number {
    return this.#low >>> 0;
  }

  get high(): number {
    return this.#high >>> 0;
  }

  equals(other: StateHash): boolean {
    return this.low === other.low && this.high === other.high;
  }

  add(table: number, first: number, second: number, bytes: Uint8Array): void {
    this.#sum(table, first, second, bytes, 1);
  }

  remove(table: number, first: number, second: number, bytes: Uint8Array): void {
    this.#sum(table, first, second, bytes, -1);
  }

  #sum(table: number, first: number, second: number, bytes: Uint8Array, sign: 1 | -1): void {
    let low = mixNumber(mixNumber(table + 1, first), second);
    let high = mixNumber(mixNumber(~table, second), first);
    const length = bytes.length;
    const whole = length & ~3;
    for (let at = 0; at < whole; at += 4) {
      const word =
        (bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24);
      low = Math.imul(low ^ word, primeOne);
      low ^= low >>> 15;
      high = Math.imul((high + word) | 0, primeTwo);
      high ^= high >>> 13;
    }
    for (let at = whole; at < length; at += 1) {
      low = Math.imul(low ^ (bytes[at] as number), primeOne);
      high = Math.imul((high + (bytes[at] as number)) | 0, primeTwo);
    }
    this.#low = (this.#low + sign * finish(low ^ length)) | 0;
    this.#high = (this.#high + sign * finish(high + length)) | 0;
  }
}

/** Folds `numbers` into a hash and returns 53 bits of it, which fit a number. */
export function summarize(hash: StateHash, numbers: readonly number[]): number {
  let low = hash.low;
  let high = hash.high;
  for (const number of numbers) {
    low = mixNumber(low, number);
    high = mixNumber(high ^ primeThree, number);
  }
  return (finish(high) >>> 11) * highUnit + (finish(low) >>> 0);
}

function mixNumber(lane: number, number: number): number {
  const folded = Math.imul(lane ^ (number | 0), primeTwo) ^ Math.floor(number / highUnit);
  const mixed = Math.imul(folded, primeThree);
  return mixed ^ (mixed >>> 16);
}

function finish(lane: number): number {
  const once = Math.imul(lane ^ (lane >>> 16), primeTwo);
  const twice = Math.imul(once ^ (once >>> 13), primeThree);
  return twice ^ (twice >>> 16);
}
