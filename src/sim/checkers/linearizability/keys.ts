/**
 * Linearizability is local: a history is linearizable when its part on each object is (Herlihy and Wing 1990,
 * theorem 1). So every checker here works key by key; Horn and Kroening (2015) call it P-compositionality.
 */
import type { HistoryKey, Operation } from '../../history/index.ts';

/**
 * The operations of each key, in order of invocation. What was certainly not done is left out: it says nothing
 * about the object. Transactions have no key and are left out too.
 */
export function operationsByKey(operations: readonly Operation[]): Map<HistoryKey, Operation[]> {
  const groups = new Map<HistoryKey, Operation[]>();
  for (const operation of operations) {
    if (operation.key === null || operation.outcome === 'not-applied') continue;
    const group = groups.get(operation.key);
    if (group === undefined) groups.set(operation.key, [operation]);
    else group.push(operation);
  }
  return groups;
}
