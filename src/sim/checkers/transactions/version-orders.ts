/**
 * The order of a key's versions, as its reads show it: every list that was read must be a beginning of the
 * longest one. What breaks that rule, and what a single read shows that no isolation level allows, is found
 * here; cycles between transactions are found later.
 */
import { type HistoryKey, valueText } from '../../history/index.ts';
import type { Anomaly } from '../verdict/index.ts';
import type { ElementIndex } from './element-index.ts';
import type { List, Transaction } from './transaction.ts';

export interface VersionOrders {
  /** Per key: the longest list that was read. */
  readonly longest: ReadonlyMap<HistoryKey, List>;
  /** Duplicate elements, incompatible orders, reads from thin air, aborted (G1a) and intermediate (G1b) reads. */
  readonly anomalies: readonly Anomaly[];
}

interface ListRead {
  readonly by: number;
  readonly key: HistoryKey;
  readonly list: List;
}

export function inferVersionOrders(
  transactions: readonly Transaction[],
  elements: ElementIndex,
): VersionOrders {
  const reads = listReads(transactions);
  const longest = new Map<HistoryKey, ListRead>();
  for (const read of reads) {
    if (read.list.length >= (longest.get(read.key)?.list.length ?? 0)) longest.set(read.key, read);
  }
  const anomalies = new FirstOfEach();
  for (const read of reads) {
    const operations = [transactions[read.by] as Transaction].map(({ operation }) => operation);
    const whole = longest.get(read.key) as ListRead;
    if (!isBeginning(read.list, whole.list)) {
      const other = transactions[whole.by] as Transaction;
      anomalies.add(incompatible(read, [...operations, other.operation]));
    }
    if (new Set(read.list).size < read.list.length) {
      const reason = `an element stands twice in ${valueText(read.list)}`;
      anomalies.add({ name: 'duplicate-elements', key: read.key, reason, operations });
    }
    for (const anomaly of readAnomalies(read, transactions, elements)) anomalies.add(anomaly);
  }
  return {
    longest: new Map(Array.from(longest, ([key, { list }]) => [key, list])),
    anomalies: anomalies.list,
  };
}

/** Keeps one anomaly of each name and key: a broken system breaks everything in the same way. */
class FirstOfEach {
  readonly list: Anomaly[] = [];
  readonly #told = new Set<string>();

  add(anomaly: Anomaly): void {
    const identity = JSON.stringify([anomaly.name, anomaly.key]);
    if (!this.#told.has(identity)) this.list.push(anomaly);
    this.#told.add(identity);
  }
}

function listReads(transactions: readonly Transaction[]): readonly ListRead[] {
  const reads: ListRead[] = [];
  for (const [by, { steps, operation }] of transactions.entries()) {
    if (operation.outcome !== 'applied') continue;
    for (const [kind, key, value] of steps) if (kind === 'r') reads.push({ by, key, list: value ?? [] });
  }
  return reads;
}

function isBeginning(list: List, whole: List): boolean {
  return list.length <= whole.length && list.every((element, place) => element === whole[place]);
}

function incompatible({ key }: ListRead, operations: Anomaly['operations']): Anomaly {
  const reason = 'two reads show its elements in orders that no single list ever had';
  return { name: 'incompatible-order', key, reason, operations };
}

function* readAnomalies(
  { by, key, list }: ListRead,
  transactions: readonly Transaction[],
  elements: ElementIndex,
): Generator<Anomaly, void, undefined> {
  const reader = (transactions[by] as Transaction).operation;
  let lastOfOthers:
    | { readonly writer: Transaction; readonly final: boolean; readonly text: string }
    | undefined;
  for (const value of list) {
    const element = elements.find(key, value);
    const text = valueText(value);
    if (element === undefined) {
      const reason = `nobody appended ${text}, yet it was read`;
      yield { name: 'thin-air-read', key, reason, operations: [reader] };
      continue;
    }
    const writer = transactions[element.by] as Transaction;
    if (writer.operation.outcome === 'not-applied') {
      const reason = `${text} was appended by a transaction that certainly failed, yet it was read`;
      yield { name: 'G1a', key, reason, operations: [writer.operation, reader] };
    }
    if (element.by !== by) lastOfOthers = { writer, final: element.final, text };
  }
  if (lastOfOthers === undefined || lastOfOthers.final) return;
  const reason = `it was read when ${lastOfOthers.text} was its last element, in the middle of a transaction`;
  yield { name: 'G1b', key, reason, operations: [lastOfOthers.writer.operation, reader] };
}
