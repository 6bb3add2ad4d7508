/**
 * What differs between two placements, in pieces that each go from one node to another. Two rings and two sets of
 * ranges are compared cut by cut, which is exact. Between all others the same keys are asked of both, and what is
 * told of them holds to within a stated error.
 */
import { Prng } from '../base/index.ts';
import { compareBytes, type Key } from './key.ts';
import type { Placement } from './placement.ts';
import type { KeyRange, RangePlacement } from './range.ts';
import type { RingPlacement } from './ring.ts';

/** The positions behind `after` up to `through`, both `murmur3` of keys; from the end of the circle to its start. */
export interface Arc {
  readonly after: number;
  readonly through: number;
}

/** What is moved together at the least. */
export interface Piece {
  readonly from: string;
  readonly to: string;
  /** How much it is, in units of the comparison. */
  readonly size: number;
  readonly arc?: Arc;
  readonly range?: KeyRange;
}

export interface Comparison {
  readonly pieces: readonly Piece[];
  /** What each node holds before and after, in the same units. */
  readonly before: ReadonlyMap<string, number>;
  readonly after: ReadonlyMap<string, number>;
  /** All there is, in the same units. */
  readonly whole: number;
  /** Half the width of the interval in which the share that moves lies with 95 % confidence; 0 if exact. */
  readonly error: number;
}

const positions = 0x1_0000_0000;

/** Collects pieces, and what the nodes hold. */
class Tally {
  readonly pieces: Piece[] = [];
  readonly before = new Map<string, number>();
  readonly after = new Map<string, number>();
  whole = 0;

  constructor(before: Placement, after: Placement) {
    for (const { id } of before.nodes) this.before.set(id, 0);
    for (const { id } of after.nodes) this.after.set(id, 0);
  }

  add(piece: Piece): void {
    const { from, to, size } = piece;
    if (size === 0) return;
    this.whole += size;
    this.before.set(from, (this.before.get(from) ?? 0) + size);
    this.after.set(to, (this.after.get(to) ?? 0) + size);
    if (from !== to) this.pieces.push(piece);
  }

  comparison(error: number): Comparison {
    const { pieces, before, after, whole } = this;
    return { pieces, before, after, whole, error };
  }
}

/** In units of one position: every arc has one owner before and one after. */
export function compareRings(before: RingPlacement, after: RingPlacement): Comparison {
  const tally = new Tally(before, after);
  const cuts = Float64Array.from([...before.boundaries(), ...after.boundaries()]).sort();
  let last = (cuts.at(-1) as number) - positions;
  for (const through of cuts) {
    const arc = { after: last < 0 ? last + positions : last, through };
    const size = through - last;
    tally.add({ from: before.ownerAt(through), to: after.ownerAt(through), size, arc });
    last = through;
  }
  return tally.comparison(0);
}

/** How much lies in a range, in any unit. */
export type RangeSize = (range: KeyRange) => number;

export function compareRanges(before: RangePlacement, after: RangePlacement, sizeOf: RangeSize): Comparison {
  const tally = new Tally(before, after);
  const cuts = [...before.starts(), ...after.starts()].sort(compareBytes);
  const starts = cuts.filter(
    (cut, place) => place === 0 || compareBytes(cuts[place - 1] as Uint8Array, cut) < 0,
  );
  for (const [place, from] of starts.entries()) {
    const range = { from, until: starts[place + 1] };
    tally.add({ from: before.owner(from), to: after.owner(from), size: sizeOf(range), range });
  }
  return tally.comparison(0);
}

/** The size of a range if all strings of bytes are equally likely, by its first six bytes. */
export function evenRangeSize({ from, until }: KeyRange): number {
  return (until === undefined ? 1 : fractionOf(until)) - fractionOf(from);
}

function fractionOf(key: Uint8Array): number {
  let fraction = 0;
  for (let at = 5; at >= 0; at -= 1) fraction = (fraction + (key[at] ?? 0)) / 256;
  return fraction;
}

/** In units of one key, every one asked of both. */
export function compareKeys(before: Placement, after: Placement, keys: Iterable<Key>): Comparison {
  const tally = new Tally(before, after);
  for (const key of keys) tally.add({ from: before.owner(key), to: after.owner(key), size: 1 });
  return tally.comparison(0);
}

/** In units of one key out of `samples` that are drawn. */
export function compareSamples(before: Placement, after: Placement, samples: number): Comparison {
  const sampled = compareKeys(before, after, drawnKeys(samples));
  const share = sampled.pieces.length / samples;
  // The normal interval; where nothing or everything moved it has no width, and the rule of three takes its place.
  const error = Math.max(1.96 * Math.sqrt((share * (1 - share)) / samples), 3 / samples);
  return { ...sampled, error };
}

/** The same ones each time. */
function* drawnKeys(count: number): Generator<Uint8Array> {
  const random = new Prng(1);
  const words = new Uint32Array(4);
  const key = new Uint8Array(words.buffer);
  for (let drawn = 0; drawn < count; drawn += 1) {
    for (let word = 0; word < 4; word += 1) words[word] = random.uint32();
    yield key;
  }
}
