/**
 * Who claims next where weights differ: in each round, a turn of all nodes, a node gains its share of the greatest
 * weight, and claims when that has come to a whole one. With one heavy node among a thousand light ones nearly all turns
 * are for nothing. So it is computed in which round each claims next; where most turns are claims all are looked at in
 * turn, and where hardly any is those rounds are kept in a heap.
 */
import { assert } from '../base/index.ts';

/** A place is in 16 bits. */
const placesMax = 0x1_0000;
/** No table has so many slots, and one is filled with each round; times the places it is still a whole number. */
const roundsMax = 2 ** 32;
/** From so many turns for each claim on a heap is quicker. */
const turnsMax = 64;

export class ClaimOrder {
  /** What it takes to find the next one, in looks at one turn each. */
  readonly looks: number;
  readonly #gains: Float64Array;
  readonly #claims: Uint32Array;
  /** For each node the round of its next claim. */
  readonly #dues: Float64Array;
  /** These times 2¹⁶, and the place of the node, no child before its parent; undefined where all are looked at. */
  readonly #heap: Float64Array | undefined;
  #round = 1;
  #turn = 0;

  /** `gains` of a node in a round: above 0 and at most 1, which one of them has at least. */
  constructor(gains: Float64Array) {
    const { length } = gains;
    assert(length > 0 && length <= placesMax, 'places fit into 16 bits');
    this.#gains = gains;
    this.#claims = new Uint32Array(length);
    this.#dues = Float64Array.from(gains, (_, place) => this.#dueOf(place));
    const turns = length / gains.reduce((sum, gain) => sum + gain, 0);
    const isHeaped = turns > turnsMax;
    this.looks = isHeaped ? 33 - Math.clz32(length) : turns;
    // In order, and so a heap.
    if (isHeaped) this.#heap = this.#dues.map(keyOf).sort();
  }

  /** The place of the node that claims next. */
  next(): number {
    const place = this.#heap === undefined ? this.#inTurn() : (this.#heap[0] as number) % placesMax;
    this.#claims[place] = (this.#claims[place] as number) + 1;
    const due = this.#dueOf(place);
    this.#dues[place] = due;
    if (this.#heap !== undefined) sink(this.#heap, keyOf(due, place));
    return place;
  }

  #inTurn(): number {
    const dues = this.#dues;
    const { length } = dues;
    let round = this.#round;
    let turn = this.#turn;
    while ((dues[turn] as number) > round) {
      turn += 1;
      if (turn < length) continue;
      turn = 0;
      round += 1;
    }
    this.#round = round;
    this.#turn = turn;
    return turn;
  }

  /** The round in which it has gained one more than it has claimed. */
  #dueOf(place: number): number {
    return Math.ceil(((this.#claims[place] as number) + 1) / (this.#gains[place] as number));
  }
}

function keyOf(due: number, place: number): number {
  return due > roundsMax ? Number.POSITIVE_INFINITY : due * placesMax + place;
}

/** `key` in the place of the first one. */
function sink(heap: Float64Array, key: number): void {
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
