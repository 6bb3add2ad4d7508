/**
 * How Maglev fills its table (Eisenbud and others 2016, section 3.4): each node has a permutation of all slots, by
 * an offset and a step, and the nodes take turns in claiming the next slot of theirs that is free. So each gets its
 * share to within one slot, and when a node goes the others keep nearly all that they had.
 */
import { assert } from '../base/index.ts';

export interface MaglevRow {
  /** The first slot that the node claims. */
  readonly offset: number;
  /** From slot to slot; from 1 to the size less 1, which is prime, so that all slots are reached. */
  readonly step: number;
  /** With half of the greatest weight a node passes every other turn. */
  readonly weight: number;
}

/** For each slot the place of its node in `rows`. */
export function maglevTable(rows: readonly MaglevRow[], size: number): Uint16Array {
  assert(rows.length > 0 && size >= rows.length, 'a table has a slot for each node');
  const table = new Uint16Array(size);
  const isTaken = new Uint8Array(size);
  const next = Float64Array.from(rows, ({ offset }) => offset);
  const greatest = rows.reduce((most, { weight }) => Math.max(most, weight), 0);
  const credit = new Float64Array(rows.length);
  let taken = 0;
  while (true) {
    for (const [place, { step, weight }] of rows.entries()) {
      credit[place] = (credit[place] as number) + weight / greatest;
      if ((credit[place] as number) < 1) continue;
      credit[place] = (credit[place] as number) - 1;
      let slot = next[place] as number;
      while (isTaken[slot] === 1) slot = (slot + step) % size;
      isTaken[slot] = 1;
      table[slot] = place;
      next[place] = (slot + step) % size;
      taken += 1;
      if (taken === size) return table;
    }
  }
}
