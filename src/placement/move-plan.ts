/**
 * What has to move from one placement to another: from whom to whom, how much of the whole, and in which order so
 * that no node is over its bound meanwhile. A plan is a value to be looked at before anything is done; its share is
 * the price of the change.
 */
import { invalidOption } from '../base/index.ts';
import type { Key } from './key.ts';
import { orderedSteps } from './move-order.ts';
import {
  type Arc,
  type Comparison,
  compareKeys,
  compareRanges,
  compareRings,
  compareSamples,
  evenRangeSize,
  type RangeSize,
} from './pieces.ts';
import type { Placement } from './placement.ts';
import { type KeyRange, RangePlacement } from './range.ts';
import { RingPlacement } from './ring.ts';

/** How the plan was found: `arcs` and `ranges` are exact, `keys` is exact for those given. */
export type MovePlanMethod = 'arcs' | 'ranges' | 'keys' | 'samples';

export interface Move {
  readonly from: string;
  readonly to: string;
  /** Of all there is. */
  readonly share: number;
  /** What moves, between two rings. */
  readonly arcs: readonly Arc[];
  /** What moves, between two placements by range. */
  readonly ranges: readonly KeyRange[];
}

export interface MovePlan {
  readonly method: MovePlanMethod;
  /** In an order that keeps the bound, if each move ends before the next begins. */
  readonly moves: readonly Move[];
  /** What moves, of all there is. */
  readonly share: number;
  /** The share is right to within this, with 95 % confidence; 0 where it is exact. */
  readonly error: number;
  /** What each node holds before and after, of all there is. */
  readonly before: ReadonlyMap<string, number>;
  readonly after: ReadonlyMap<string, number>;
}

export interface MovePlanOptions {
  /** What a node may hold meanwhile, against the greater of before and after: more than 1; 1.25 unless given. */
  readonly bound?: number;
  /** How much lies in a range; unless given, all strings of bytes count as equally likely. */
  readonly sizeOf?: RangeSize;
  /** The keys that there are, if they can be told; instead of arcs, ranges or a sample. */
  readonly keys?: Iterable<Key>;
  /** How many keys are drawn where nothing is exact; 100,000 unless given. */
  readonly samples?: number;
}

export function planMoves(before: Placement, after: Placement, options: MovePlanOptions = {}): MovePlan {
  const { bound = 1.25 } = options;
  if (typeof bound !== 'number' || !(bound > 1 && bound < Number.POSITIVE_INFINITY)) {
    throw invalidOption('bound', bound, 'a finite number above 1');
  }
  const { method, comparison } = compare(before, after, options);
  const { whole, error } = comparison;
  const moves = orderedSteps(comparison, bound).map(({ from, to, size, pieces }) => ({
    from,
    to,
    share: size / whole,
    arcs: pieces.flatMap(({ arc }) => arc ?? []),
    ranges: pieces.flatMap(({ range }) => range ?? []),
  }));
  return {
    method,
    moves,
    share: comparison.pieces.reduce((sum, { size }) => sum + size, 0) / whole,
    error,
    before: sharesOf(comparison.before, whole),
    after: sharesOf(comparison.after, whole),
  };
}

interface Compared {
  readonly method: MovePlanMethod;
  readonly comparison: Comparison;
}

function compare(before: Placement, after: Placement, options: MovePlanOptions): Compared {
  const { keys, samples = 100_000, sizeOf = evenRangeSize } = options;
  if (!Number.isSafeInteger(samples) || samples < 1) {
    throw invalidOption('samples', samples, 'a whole number of at least 1');
  }
  if (keys !== undefined) {
    const comparison = compareKeys(before, after, keys);
    if (comparison.whole === 0) throw invalidOption('keys', keys, 'at least one key');
    return { method: 'keys', comparison };
  }
  if (before instanceof RingPlacement && after instanceof RingPlacement) {
    return { method: 'arcs', comparison: compareRings(before, after) };
  }
  if (before instanceof RangePlacement && after instanceof RangePlacement) {
    return { method: 'ranges', comparison: compareRanges(before, after, checkedSize(sizeOf)) };
  }
  return { method: 'samples', comparison: compareSamples(before, after, samples) };
}

function checkedSize(sizeOf: RangeSize): RangeSize {
  return (range) => {
    const size = sizeOf(range);
    if (typeof size === 'number' && size >= 0 && size < Number.POSITIVE_INFINITY) return size;
    throw invalidOption('sizeOf', size, 'a function whose answers are finite and not below 0');
  };
}

function sharesOf(sizes: ReadonlyMap<string, number>, whole: number): Map<string, number> {
  return new Map([...sizes].map(([id, size]) => [id, size / whole]));
}
