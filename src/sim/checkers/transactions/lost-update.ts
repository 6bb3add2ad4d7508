/**
 * Lost updates: several transactions read one version of a list, and each appended to it as if it were alone.
 * A cycle shows most of them; this finds also those whose elements nobody read afterwards.
 */
import { type HistoryKey, type Operation, valueText } from '../../history/index.ts';
import type { Anomaly } from '../verdict/index.ts';
import { externalReads, type List, type Transaction } from './transaction.ts';

export function findLostUpdates(transactions: readonly Transaction[]): readonly Anomaly[] {
  const updates = new Map<string, { key: HistoryKey; list: List; operations: Operation[] }>();
  for (const transaction of transactions) {
    for (const { key, list } of externalReads(transaction)) {
      if (!transaction.steps.some((step) => step[0] === 'append' && step[1] === key)) continue;
      // Lists of one key are beginnings of one another, so the length and the last element tell them apart.
      const identity = JSON.stringify([key, list.length, list.at(-1)]);
      const update = updates.get(identity);
      if (update === undefined) updates.set(identity, { key, list, operations: [transaction.operation] });
      else update.operations.push(transaction.operation);
    }
  }
  const anomalies: Anomaly[] = [];
  const told = new Set<HistoryKey>();
  for (const { key, list, operations } of updates.values()) {
    if (operations.length < 2 || told.has(key)) continue;
    told.add(key);
    const reason = `each of these read ${valueText(list)} and appended to it`;
    anomalies.push({ name: 'lost-update', key, reason, operations });
  }
  return anomalies;
}
