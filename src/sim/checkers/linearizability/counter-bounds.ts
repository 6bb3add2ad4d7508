/**
 * Bounds on a counter's answers, cheap and necessary: a read lies between what all operations that must have
 * happened before it give, with every lowering one that may have, and the same with every raising one. Being
 * necessary only, they refuse quickly and clearly; what they let through is judged by search.
 */
import type { Operation } from '../../history/index.ts';
import { type Anomaly, invalid, type Verdict, valid } from '../verdict/index.ts';
import { operationsByKey } from './keys.ts';

export interface CounterBoundsOptions {
  /** What every counter stands at first. Default 0. */
  readonly initial?: number;
}

/** Judges every read and every add that tells the new value. At most one anomaly a key is told. */
export function checkCounterBounds(
  operations: readonly Operation[],
  options: CounterBoundsOptions = {},
): Verdict {
  const anomalies: Anomaly[] = [];
  for (const group of operationsByKey(operations).values()) {
    const anomaly = outOfBounds(group, options.initial ?? 0);
    if (anomaly !== undefined) anomalies.push(anomaly);
  }
  return anomalies.length === 0 ? valid : invalid(...anomalies);
}

/** Running sums of raising and lowering adds, in an order of moments. */
interface Sums {
  readonly moments: Float64Array;
  readonly raised: Float64Array;
  readonly lowered: Float64Array;
}

function outOfBounds(group: readonly Operation[], initial: number): Anomaly | undefined {
  const adds = group.filter(({ f }) => f === 'add');
  const begun = runningSums(adds, ({ invokeAt }) => invokeAt);
  const ended = runningSums(
    adds.filter(({ outcome }) => outcome === 'applied'),
    ({ completeAt }) => completeAt,
  );
  for (const operation of group) {
    const { outcome, output, invokeAt, completeAt, key } = operation;
    if (outcome !== 'applied' || typeof output !== 'number') continue;
    const certain = countUpTo(ended.moments, invokeAt);
    const possible = countUpTo(begun.moments, completeAt);
    const least = initial + (ended.raised[certain] as number) + (begun.lowered[possible] as number);
    const most = initial + (begun.raised[possible] as number) + (ended.lowered[certain] as number);
    if (output >= least && output <= most) continue;
    const reason = `it stood between ${least} and ${most} all the while that this was under way`;
    return { name: 'counter-out-of-bounds', key, reason, operations: [operation] };
  }
  return undefined;
}

function runningSums(adds: readonly Operation[], moment: (operation: Operation) => number): Sums {
  const ordered = adds.slice().sort((left, right) => moment(left) - moment(right));
  const raised = new Float64Array(ordered.length + 1);
  const lowered = new Float64Array(ordered.length + 1);
  for (const [place, { input }] of ordered.entries()) {
    const amount = input as number;
    raised[place + 1] = (raised[place] as number) + Math.max(amount, 0);
    lowered[place + 1] = (lowered[place] as number) + Math.min(amount, 0);
  }
  return { moments: Float64Array.from(ordered, moment), raised, lowered };
}

/** How many of the rising `moments` are not after `moment`. */
function countUpTo(moments: Float64Array, moment: number): number {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((moments[middle] as number) <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}
