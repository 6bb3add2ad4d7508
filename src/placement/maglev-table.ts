/**
 * How Maglev fills its table (Eisenbud and others 2016, section 3.4): each node has a permutation of all slots, by
 * an offset and a step, and the nodes take turns in claiming the next slot of theirs that is free. So each gets its
 * share to within one slot, and when a node goes the others keep nearly all that they had. Towards the end most slots
 * that are looked at are taken: some ten looks for each slot, which may be spread over as many calls as one likes.
 */
import { assert } from '../base/index.ts';
import { ClaimOrder } from './claim-order.ts';

export interface MaglevRow {
  /** The first slot that the node claims. */
  readonly offset: number;
  /** From slot to slot; from 1 to the size less 1, which is prime, so that all slots are reached. */
  readonly step: number;
  /** With half of the greatest weight a node passes every other turn. */
  readonly weight: number;
}

export class MaglevFilling {
  /** For each slot the place of its node in the rows. */
  readonly #table: Uint16Array;
  readonly #isTaken: Uint8Array;
  readonly #steps: Uint32Array;
  /** The next slot that each node looks at. */
  readonly #next: Uint32Array;
  /** Undefined where all weights are the same: then all claim with each turn. */
  readonly #order: ClaimOrder | undefined;
  #taken = 0;
  #turn = 0;

  constructor(rows: readonly MaglevRow[], size: number) {
    assert(rows.length > 0 && size >= rows.length, 'a table has a slot for each node');
    const greatest = rows.reduce((most, { weight }) => Math.max(most, weight), 0);
    this.#table = new Uint16Array(size);
    this.#isTaken = new Uint8Array(size);
    this.#steps = Uint32Array.from(rows, ({ step }) => step);
    this.#next = Uint32Array.from(rows, ({ offset }) => offset);
    const gains = Float64Array.from(rows, ({ weight }) => weight / greatest);
    this.#order = gains.every((gain) => gain === 1) ? undefined : new ClaimOrder(gains);
  }

  /**
   * Goes on for so many looks, at slots that are taken and at whose turn it is, and until a claim is done; the table
   * once it is full.
   */
  advance(looksMax: number): Uint16Array | undefined {
    const order = this.#order;
    const nodes = this.#next.length;
    const claimLooks = order?.looks ?? 1;
    const size = this.#table.length;
    let turn = this.#turn;
    let taken = this.#taken;
    for (let looks = 0; looks < looksMax && taken < size; taken += 1) {
      looks += claimLooks + this.#claim(order === undefined ? turn : order.next());
      turn = turn + 1 === nodes ? 0 : turn + 1;
    }
    this.#turn = turn;
    this.#taken = taken;
    return taken === size ? this.#table : undefined;
  }

  /** How many slots were taken that it looked at. */
  #claim(place: number): number {
    const isTaken = this.#isTaken;
    const size = isTaken.length;
    const step = this.#steps[place] as number;
    let slot = this.#next[place] as number;
    let looks = 0;
    for (; isTaken[slot] === 1; looks += 1) {
      slot += step;
      if (slot >= size) slot -= size;
    }
    isTaken[slot] = 1;
    this.#table[slot] = place;
    slot += step;
    this.#next[place] = slot >= size ? slot - size : slot;
    return looks;
  }
}

export function maglevTable(rows: readonly MaglevRow[], size: number): Uint16Array {
  return new MaglevFilling(rows, size).advance(Number.POSITIVE_INFINITY) as Uint16Array;
}
