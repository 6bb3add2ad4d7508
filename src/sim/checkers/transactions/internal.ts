/**
 * Consistency of a transaction with itself: a read shows what the transaction read of the key before, and
 * behind it what it appended itself, and nothing else; least of all what it will append only afterwards.
 */
import { type HistoryKey, type Scalar, valueText } from '../../history/index.ts';
import type { Anomaly } from '../verdict/index.ts';
import type { List, Transaction } from './transaction.ts';

/** What a transaction knows of a key: the end of its list, and whether that is all of it. */
interface Expectation {
  readonly end: List;
  readonly whole: boolean;
}

/** The first contradiction within each applied transaction that has one. */
export function findInternal(transactions: readonly Transaction[]): readonly Anomaly[] {
  const anomalies: Anomaly[] = [];
  for (const transaction of transactions) {
    const anomaly = transaction.operation.outcome === 'applied' ? contradiction(transaction) : undefined;
    if (anomaly !== undefined) anomalies.push(anomaly);
  }
  return anomalies;
}

/** The first read of each applied transaction that saw what the transaction had yet to append. */
export function findFutureReads(transactions: readonly Transaction[]): readonly Anomaly[] {
  const anomalies: Anomaly[] = [];
  for (const { steps, operation } of transactions) {
    if (operation.outcome !== 'applied') continue;
    const future = new Set<string>();
    for (const [kind, key, value] of steps.toReversed()) {
      if (kind === 'append') {
        future.add(JSON.stringify([key, value]));
        continue;
      }
      const early = value?.find((element) => future.has(JSON.stringify([key, element])));
      if (early === undefined) continue;
      const reason = `the transaction saw ${valueText(early)} before it appended it`;
      anomalies.push({ name: 'future-read', key, reason, operations: [operation] });
      break;
    }
  }
  return anomalies;
}

function contradiction({ steps, operation }: Transaction): Anomaly | undefined {
  const expectations = new Map<HistoryKey, Expectation>();
  for (const [kind, key, value] of steps) {
    const expected = expectations.get(key) ?? { end: [], whole: false };
    if (kind === 'append') {
      expectations.set(key, { ...expected, end: [...expected.end, value as Scalar] });
      continue;
    }
    const list = (value ?? []) as List;
    if (!agrees(list, expected)) {
      const shown = `${expected.whole ? '' : 'a list that ends in '}${valueText(expected.end)}`;
      const reason = `by its own steps the transaction must see ${shown}, but it saw ${valueText(list)}`;
      return { name: 'internal', key, reason, operations: [operation] };
    }
    expectations.set(key, { end: list, whole: true });
  }
  return undefined;
}

function agrees(list: List, { end, whole }: Expectation): boolean {
  const offset = list.length - end.length;
  if (offset < 0 || (whole && offset > 0)) return false;
  return end.every((element, place) => element === list[offset + place]);
}
