/**
 * Who claims next where weights differ: in each round, a turn of all nodes, a node gains its share of the greatest
 * weight, and claims when that has come to a whole one. With one heavy node among a thousand light ones nearly all turns
 * are for nothing, so nobody takes them: it is computed in which round each claims next, and those rounds are kept in a
 * heap.
 */
import { assert } from '../base/index.ts';

/** A place is in 16 bits. */
const placesMax = 0x1_0000;
/** No table has so many slots, and one is filled with each round; times the places it is still a whole number. */
const roundsMax = 2 ** 32;

export class ClaimOrder {
  readonly #gains: Float64Array;
  readonly #claims: Uint32Array;
  /** For each node the round of its next claim, times 2¹⁶, and its place; no child is before its parent. */
  readonly #heap: Float64Array;

  /** `gains` of a node in a round: above 0 and at most 1. */
  constructor(gains: Float64Array) {
    assert(gains.length > 0 && gains.length <= placesMax, 'places fit into 16 bits');
    this.#gains = gains;
    this.#claims = new Uint32Array(gains.length);
    // In order, and so a heap.
    this.#heap = Float64Array.from(gains, (_, place) => this.#keyOf(place)).sort();
  }

  /** The place of the node that claims next. */
  next(): number {
    const place = (this.#heap[0] as number) % placesMax;
    this.#claims[place] = (this.#claims[place] as number) + 1;
    this.#sink(this.#keyOf(place));
    return place;
  }

  /** By the round in which it has gained one more than it has claimed, and by its place among those of that round. */
  #keyOf(place: number): number {
    const gain = this.#gains[place] as number;
    const round = Math.ceil(((this.#claims[place] as number) + 1) / gain);
    return round > roundsMax ? Number.POSITIVE_INFINITY : round * placesMax + place;
  }

  /** In the place of the first one. */
  #sink(key: number): void {
    const heap = this.#heap;
    const { length } = heap;
    let at = 0;
    while (true) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && (heap[child + 1] as number) < (heap[child] as number)) child += 1;
      const least = heap[child] as number;
      if (least >= key) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = key;
  }
}
