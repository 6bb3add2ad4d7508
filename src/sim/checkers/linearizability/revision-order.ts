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
  const count = operations.length;
  const revisions = new Float64Array(count);
  const places = new Uint32Array(count);
  let next = 0;
  for (const changes of [true, false]) {
    for (let place = 0; place < count; place += 1) {
      const operation = operations[place] as Operation;
      if (makesRevision(operation) !== changes) continue;
      revisions[place] = revisionOf(operation);
      places[next] = place;
      next += 1;
    }
  }
  const sorted = sortStable(places, revisions);
  const order = new Array<Operation>(count);
  for (let place = 0; place < count; place += 1)
    order[place] = operations[sorted[place] as number] as Operation;
  return order;
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

/** The places by revision; what was in order stays in order. Linear for many, digit by digit from the lowest. */
function sortStable(places: Uint32Array, revisions: Float64Array): Uint32Array {
  if (places.length < radixMin)
    return places.sort((left, right) => (revisions[left] as number) - (revisions[right] as number));
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const revision of revisions) {
    least = Math.min(least, revision);
    most = Math.max(most, revision);
  }
  let sorted = places;
  for (let scale = 1; scale <= most - least; scale *= digits)
    sorted = sortByDigit(sorted, revisions, least, scale);
  return sorted;
}

function sortByDigit(
  places: Uint32Array,
  revisions: Float64Array,
  least: number,
  scale: number,
): Uint32Array {
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
