/**
 * What a search may do when. Time is cut into rounds; each ends with the return of one operation, which must
 * have taken effect by then (Lowe's just-in-time linearization: nothing else is decided before somebody needs
 * it). Operations under way hold a slot, so that "which of them took effect" is a few bits, however long the
 * history is. Operations of unknown outcome never return; each has a bit of its own from its arrival on.
 */
import { assert } from '../../../base/index.ts';
import type { Operation } from '../../history/index.ts';

export interface Schedule {
  /** Operations that must take effect, in order of arrival. */
  readonly known: readonly Operation[];
  /** Operations that may take effect once or never, in order of arrival. */
  readonly unknown: readonly Operation[];
  /** Per round: the known operation that returns at its end. */
  readonly returns: Int32Array;
  /** Per round: how many known operations have arrived by its end. */
  readonly arrivals: Int32Array;
  /** Per round: how many unknown operations have arrived by its end. */
  readonly unknownArrivals: Int32Array;
  /** Per known operation: the round in which it returns. */
  readonly roundOf: Int32Array;
  /** Per known operation: its slot; no two that are under way together share one. */
  readonly slotOf: Int32Array;
  readonly slotCount: number;
}

/** Rounds by real time: an operation is under way from its invocation to its return. */
export function realTimeSchedule(operations: readonly Operation[]): Schedule {
  const known = operations.filter(({ outcome }) => outcome === 'applied').sort(byInvocation);
  const unknown = operations.filter(({ outcome }) => outcome === 'unknown').sort(byInvocation);
  const completeAt = (index: number): number => (known[index] as Operation).completeAt;
  const returns = Int32Array.from(known.keys()).sort((left, right) => completeAt(left) - completeAt(right));
  const ends = Float64Array.from(returns, completeAt);
  const arrivals = countBefore(known, ends);
  return {
    known,
    unknown,
    returns,
    arrivals,
    unknownArrivals: countBefore(unknown, ends),
    roundOf: inverse(returns),
    ...assignSlots(returns, arrivals),
  };
}

/**
 * Rounds by an order that is given: each operation is alone under way in its round. An unknown operation may
 * take effect before round r only when it was invoked before all that follow had completed.
 */
export function orderedSchedule(order: readonly Operation[], unknown: readonly Operation[]): Schedule {
  const count = order.length;
  const ends = new Float64Array(count);
  let firstEnd = Number.POSITIVE_INFINITY;
  for (let round = count - 1; round >= 0; round -= 1) {
    firstEnd = Math.min(firstEnd, (order[round] as Operation).completeAt);
    ends[round] = firstEnd;
  }
  const arrived = unknown.slice().sort(byInvocation);
  return {
    known: order,
    unknown: arrived,
    returns: Int32Array.from(order.keys()),
    arrivals: Int32Array.from(order.keys(), (round) => round + 1),
    unknownArrivals: countBefore(arrived, ends),
    roundOf: Int32Array.from(order.keys()),
    slotOf: new Int32Array(count),
    slotCount: 1,
  };
}

function byInvocation(left: Operation, right: Operation): number {
  return left.invokeAt - right.invokeAt;
}

/** For each of the rising `ends`: how many of `operations` were invoked before it. */
function countBefore(operations: readonly Operation[], ends: Float64Array): Int32Array {
  const counts = new Int32Array(ends.length);
  let count = 0;
  for (const [round, end] of ends.entries()) {
    while (count < operations.length && (operations[count] as Operation).invokeAt < end) count += 1;
    counts[round] = count;
  }
  return counts;
}

function inverse(returns: Int32Array): Int32Array {
  const roundOf = new Int32Array(returns.length);
  for (const [round, operation] of returns.entries()) roundOf[operation] = round;
  return roundOf;
}

function assignSlots(returns: Int32Array, arrivals: Int32Array): { slotOf: Int32Array; slotCount: number } {
  const slotOf = new Int32Array(returns.length);
  const free: number[] = [];
  let slotCount = 0;
  let arrived = 0;
  for (const [round, returned] of returns.entries()) {
    for (; arrived < (arrivals[round] as number); arrived += 1) slotOf[arrived] = free.pop() ?? slotCount++;
    assert(returned < arrived, `operation ${returned} returns in round ${round}, before it arrives`);
    free.push(slotOf[returned] as number);
  }
  return { slotOf, slotCount: Math.max(1, slotCount) };
}
