/** Decides whether a transaction's comparison holds. */
import type { Compare, CompareOperator } from './commands.ts';
import type { Head } from './head.ts';
import type { Leases } from './leases.ts';
import { compareKeys, type RangeWalk } from './ranges.ts';
import type { Reads } from './reads.ts';

type NumberCompare = Extract<Compare, { readonly number: number }>;
type VersionCompare = NumberCompare | Extract<Compare, { readonly target: 'value' }>;

export function holds(compare: Compare, reads: Reads, leases: Leases): boolean {
  switch (compare.target) {
    case 'lease-live':
      return leases.get(compare.lease) !== undefined;
    case 'exists':
      return reads.countUpTo(compare.range, 0) > 0;
    case 'absent':
      return reads.countUpTo(compare.range, 0) === 0;
    default:
      return holdsForAll(compare, reads.walk(compare.range));
  }
}

function holdsForAll(compare: VersionCompare, walk: RangeWalk): boolean {
  let count = 0;
  let held = true;
  while (held && walk.next()) {
    held = holdsForOne(compare, walk);
    count += 1;
  }
  walk.close();
  if (count > 0 || compare.range.end !== undefined) return held;
  return compare.target !== 'value' && holdsBetween(compare.operator, 0, compare.number);
}

function holdsForOne(compare: VersionCompare, walk: RangeWalk): boolean {
  if (compare.target === 'value') {
    return holdsBetween(compare.operator, compareKeys(walk.value, compare.value), 0);
  }
  return holdsBetween(compare.operator, numberOf(compare.target, walk.head), compare.number);
}

function numberOf(target: NumberCompare['target'], head: Head): number {
  switch (target) {
    case 'version':
      return head.version;
    case 'create-revision':
      return head.createRevision;
    case 'modify-revision':
      return head.revision;
    case 'lease':
      return head.lease;
  }
}

function holdsBetween(operator: CompareOperator, left: number, right: number): boolean {
  switch (operator) {
    case 'equal':
      return left === right;
    case 'unequal':
      return left !== right;
    case 'less':
      return left < right;
    case 'greater':
      return left > right;
  }
}
