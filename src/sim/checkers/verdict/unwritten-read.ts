/** The anomaly of a read whose value nobody is known to have written. */
import { type HistoryKey, type Operation, valueText } from '../../history/index.ts';
import type { Anomaly } from './verdict.ts';

/** Tells a value out of thin air from the value of a write that certainly failed. */
export function unwrittenRead(
  operations: readonly Operation[],
  read: Operation,
  value: Operation['output'],
): Anomaly {
  const key = read.key as HistoryKey;
  const failed = operations.find(
    ({ f, key: other, input, outcome }) =>
      other === key &&
      outcome === 'not-applied' &&
      (f === 'cas' ? (input as readonly unknown[])[1] : input) === value,
  );
  if (failed === undefined) {
    const reason = `nobody wrote ${valueText(value)}, yet it was read`;
    return { name: 'thin-air-read', key, reason, operations: [read] };
  }
  const reason = `what would have written ${valueText(value)} was certainly not done, yet it was read`;
  return { name: 'aborted-read', key, reason, operations: [failed, read] };
}
