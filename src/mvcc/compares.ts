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
      if (compare.range.end === undefined) return holdsForKey(compare, reads);
      return holdsForAll(compare, reads.walk(compare.range));
  }
}

function holdsForKey(compare: VersionCompare, reads: Reads): boolean {
  const head = reads.find(compare.range);
  if (compare.target !== 'value') {
    const number = head === undefined ? 0 : numberOf(compare.target, head);
    return holdsBetween(compare.operator, number, compare.number);
  }
  const value = head === undefined ? undefined : reads.valueOf(head);
  return value !== undefined && holdsBetween(compare.operator, compareKeys(value, compare.value), 0);
}

function holdsForAll(compare: VersionCompare, walk: RangeWalk): boolean {
  let held = true;
  while (held && walk.next()) {
    held =
      compare.target === 'value'
        ? holdsBetween(compare.operator, compareKeys(walk.value, compare.value), 0)
        : holdsBetween(compare.operator, numberOf(compare.target, walk.head), compare.number);
  }
  walk.close();
  return held;
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
