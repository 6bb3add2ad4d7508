/**
 * Puts operations in the order that their revisions claim. A change stands at its revision; what only looked,
 * a read or a refused attempt, stands behind the change of the revision it was served at, and among its like
 * in order of invocation, which never contradicts real time.
 */
import { assert } from '../../../base/index.ts';
import type { Operation } from '../../history/index.ts';

/** Whether an applied operation made a revision of its own. */
export function makesRevision({ f, output }: Operation): boolean {
  return f !== 'read' && output !== false;
}

/** The operations, which all have a revision and stand in order of invocation, in the order they claim. */
export function orderByRevision(operations: readonly Operation[]): readonly Operation[] {
  if (isOrdered(operations)) return operations;
  const changesFirst = operations.filter(makesRevision);
  for (const operation of operations) if (!makesRevision(operation)) changesFirst.push(operation);
  return sortStable(changesFirst);
}

function revisionOf({ index, revision }: Operation): number {
  assert(revision !== undefined, `operation ${index} has a revision`);
  return revision;
}

function isOrdered(operations: readonly Operation[]): boolean {
  for (let place = 1; place < operations.length; place += 1) {
    const before = operations[place - 1] as Operation;
    const operation = operations[place] as Operation;
    if (revisionOf(operation) < revisionOf(before)) return false;
    if (operation.revision === before.revision && makesRevision(operation)) return false;
  }
  return true;
}

const digitBits = 16;
const digits = 2 ** digitBits;
/** Below this many a comparison sort is faster than clearing the counters of a radix sort. */
const radixMin = 8192;

/** By revision; what was in order stays in order. Linear for many operations, digit by digit from the lowest. */
function sortStable(operations: Operation[]): readonly Operation[] {
  if (operations.length < radixMin)
    return operations.sort((left, right) => revisionOf(left) - revisionOf(right));
  const revisions = Float64Array.from(operations, revisionOf);
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const revision of revisions) {
    least = Math.min(least, revision);
    most = Math.max(most, revision);
  }
  let places = Uint32Array.from(revisions.keys());
  for (let scale = 1; scale <= most - least; scale *= digits)
    places = sortByDigit(places, revisions, least, scale);
  return Array.from(places, (place) => operations[place] as Operation);
}

function sortByDigit(
  places: Uint32Array,
  revisions: Float64Array,
  least: number,
  scale: number,
): Uint32Array<ArrayBuffer> {
  const digitOf = (place: number): number =>
    Math.floor(((revisions[place] as number) - least) / scale) % digits;
  const starts = new Uint32Array(digits + 1);
  for (const place of places) {
    const digit = digitOf(place) + 1;
    starts[digit] = (starts[digit] as number) + 1;
  }
  for (let digit = 0; digit < digits; digit += 1)
    starts[digit + 1] = (starts[digit + 1] as number) + (starts[digit] as number);
  const sorted = new Uint32Array(places.length);
  for (const place of places) {
    const digit = digitOf(place);
    const slot = starts[digit] as number;
    sorted[slot] = place;
    starts[digit] = slot + 1;
  }
  return sorted;
}
