/** The points of a ring in their order around the circle. Those of a node follow from its id alone. */
import { hashOf, mixed } from './murmur3.ts';
import type { CheckedNode } from './placement.ts';

export interface RingPoints {
  /** Ascending. */
  readonly positions: Uint32Array;
  /** Whose each is, by the place of the node; of two at one position the lesser is first. */
  readonly places: Uint16Array;
}

const otherSeed = 0x9747_b28c;
/** Digits by which points are sorted: three times 11 bits are more than 32. */
const digitBits = 11;
const digits = 2 ** digitBits;

/** `nodes` in the order of their ids, and how many points each has. */
export function ringPoints(nodes: readonly CheckedNode[], counts: readonly number[]): RingPoints {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const positions = new Uint32Array(total);
  const places = new Uint16Array(total);
  let at = 0;
  for (const [place, { id }] of nodes.entries()) {
    const seed = hashOf(id);
    const other = hashOf(id, otherSeed);
    for (let number = 0; number < (counts[place] as number); number += 1) {
      positions[at] = mixed(mixed(seed + Math.imul(number, 0x9e37_79b9)) ^ (other + number));
      places[at] = place;
      at += 1;
    }
  }
  let points: RingPoints = { positions, places };
  for (let shift = 0; shift < 32; shift += digitBits) points = sortedByDigit(points, shift);
  return points;
}

/** Those with one digit stay in the order in which they are. */
function sortedByDigit({ positions, places }: RingPoints, shift: number): RingPoints {
  const { length } = positions;
  const next = new Uint32Array(digits + 1);
  for (let at = 0; at < length; at += 1) {
    const digit = ((positions[at] as number) >>> shift) & (digits - 1);
    next[digit + 1] = (next[digit + 1] as number) + 1;
  }
  for (let digit = 1; digit < digits; digit += 1) {
    next[digit] = (next[digit] as number) + (next[digit - 1] as number);
  }
  const sortedPositions = new Uint32Array(length);
  const sortedPlaces = new Uint16Array(length);
  for (let at = 0; at < length; at += 1) {
    const position = positions[at] as number;
    const digit = (position >>> shift) & (digits - 1);
    const to = next[digit] as number;
    next[digit] = to + 1;
    sortedPositions[to] = position;
    sortedPlaces[to] = places[at] as number;
  }
  return { positions: sortedPositions, places: sortedPlaces };
}
