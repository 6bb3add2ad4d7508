/**
 * Fencing tokens by themselves, for locks that expire: there a holder that paused may honestly believe that it
 * still holds the lock, so mutual exclusion cannot be judged from what clients saw, but tokens can. Whoever
 * acquires later gets a greater token; and a resource that is guarded by tokens takes none below the greatest
 * it has taken. "Later" is real time: an order that puts overlapping operations as it likes exists exactly
 * when no pair that does not overlap is against it, so both checks are exact.
 */
import type { HistoryKey, Operation } from '../../history/index.ts';
import { type Anomaly, type AnomalyName, invalid, type Verdict, valid } from '../verdict/index.ts';

/** Whether the tokens of each lock strictly increase: no two are equal, and none is below an earlier one. */
export function checkTokens(operations: readonly Operation[]): Verdict {
  const acquires = operations.filter(({ f, output }) => f === 'acquire' && typeof output === 'number');
  return judge(acquires, {
    name: 'token-not-increasing',
    tokenOf: ({ output }) => output as number,
    repeats: false,
    reason: (before, after) => `token ${after} was given after token ${before}`,
  });
}

/**
 * Whether each guarded resource refused stale tokens. A `write` is a request to the resource that is its key,
 * and its value is the token that it carried; one that was applied was accepted.
 */
export function checkGuards(operations: readonly Operation[]): Verdict {
  const accepted = operations.filter(
    ({ f, input, outcome }) => f === 'write' && outcome === 'applied' && typeof input === 'number',
  );
  return judge(accepted, {
    name: 'stale-token-accepted',
    tokenOf: ({ input }) => input as number,
    repeats: true,
    reason: (before, after) => `token ${after} was accepted after token ${before}`,
  });
}

interface Rule {
  readonly name: AnomalyName;
  tokenOf(operation: Operation): number;
  /** Whether one token may come again. */
  readonly repeats: boolean;
  reason(before: number, after: number): string;
}

function judge(operations: readonly Operation[], rule: Rule): Verdict {
  const anomalies: Anomaly[] = [];
  for (const [key, group] of Map.groupBy(operations, ({ key: of }) => of as HistoryKey)) {
    const broken = (rule.repeats ? undefined : findRepeat(group, rule)) ?? findDescent(group, rule);
    if (broken === undefined) continue;
    const [before, after] = broken;
    const reason = rule.reason(rule.tokenOf(before), rule.tokenOf(after));
    anomalies.push({ name: rule.name, key, reason, operations: broken });
  }
  return anomalies.length === 0 ? valid : invalid(...anomalies);
}

function findRepeat(group: readonly Operation[], rule: Rule): readonly [Operation, Operation] | undefined {
  const byToken = new Map<number, Operation>();
  for (const operation of group) {
    const before = byToken.get(rule.tokenOf(operation));
    if (before !== undefined) return [before, operation];
    byToken.set(rule.tokenOf(operation), operation);
  }
  return undefined;
}

/** A pair of which the second began after the first had ended, and has the lesser token. */
function findDescent(group: readonly Operation[], rule: Rule): readonly [Operation, Operation] | undefined {
  const byEnd = group.slice().sort((left, right) => left.completeAt - right.completeAt);
  const byBegin = group.slice().sort((left, right) => left.invokeAt - right.invokeAt);
  let ended = 0;
  let greatest: Operation | undefined;
  for (const operation of byBegin) {
    for (; (byEnd[ended]?.completeAt ?? Number.POSITIVE_INFINITY) < operation.invokeAt; ended += 1) {
      const candidate = byEnd[ended] as Operation;
      if (greatest === undefined || rule.tokenOf(candidate) > rule.tokenOf(greatest)) greatest = candidate;
    }
    if (greatest !== undefined && rule.tokenOf(operation) < rule.tokenOf(greatest))
      return [greatest, operation];
  }
  return undefined;
}
