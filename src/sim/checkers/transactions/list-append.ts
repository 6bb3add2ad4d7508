/**
 * Isolation of list-append transactions, in the manner of Elle (Kingsbury and Alvaro 2020): what single reads
 * show first, then the order of versions, then the dependencies between transactions and their cycles. Every
 * anomaly that is told is real. None is missed where each element was read in the end, because then the order
 * of all versions is known; what nobody read leaves room.
 */
import type { HistoryKey, Operation } from '../../history/index.ts';
import { checkVersionedSessions, type VersionedAccess } from '../causality/index.ts';
import { type Anomaly, invalid, joinVerdicts, type Verdict, valid } from '../verdict/index.ts';
import { type Cycle, findCycles } from './cycles.ts';
import { type Dependencies, inferDependencies } from './dependencies.ts';
import { ElementIndex } from './element-index.ts';
import { findFutureReads, findInternal } from './internal.ts';
import { type IsolationLevel, isolationRules } from './isolation.ts';
import { findLostUpdates } from './lost-update.ts';
import { externalReads, type List, type Transaction, transactionsOf } from './transaction.ts';
import { inferVersionOrders } from './version-orders.ts';

/**
 * Judges transactions over lists. Gives up (`values-repeat`) where an element is appended to a key twice.
 * Throws `unfit-history`.
 */
export function checkListAppend(operations: readonly Operation[], level: IsolationLevel): Verdict {
  const transactions = transactionsOf(operations);
  const elements = ElementIndex.of(transactions);
  if (!(elements instanceof ElementIndex)) return elements;
  const { longest, anomalies } = inferVersionOrders(transactions, elements);
  const rules = isolationRules[level];
  const found = [...anomalies, ...findFutureReads(transactions)];
  if (rules.internal) found.push(...findInternal(transactions));
  if (rules.lostUpdate) found.push(...findLostUpdates(transactions));
  const dependencies = inferDependencies(transactions, elements, longest);
  for (const cycle of findCycles(dependencies.graph, rules)) {
    found.push(cycleAnomaly(cycle, transactions, dependencies));
  }
  return found.length === 0 ? valid : invalid(...found);
}

/**
 * Session guarantees over lists: the place of an element in its list is its version. Elements that nobody read
 * have no place, and say nothing.
 */
export function checkListSessions(operations: readonly Operation[]): Verdict {
  const transactions = transactionsOf(operations);
  const elements = ElementIndex.of(transactions);
  if (!(elements instanceof ElementIndex)) return elements;
  const { longest, anomalies } = inferVersionOrders(transactions, elements);
  const orders = anomalies.length === 0 ? valid : invalid(...anomalies);
  return joinVerdicts([orders, checkVersionedSessions(versionedAccesses(transactions, longest))]);
}

function* versionedAccesses(
  transactions: readonly Transaction[],
  longest: ReadonlyMap<HistoryKey, List>,
): Generator<VersionedAccess, void, undefined> {
  const versions = new Map<HistoryKey, Map<unknown, number>>();
  for (const [key, list] of longest)
    versions.set(key, new Map(list.map((value, place) => [value, place + 1])));
  for (const transaction of transactions) {
    const { operation, steps } = transaction;
    if (operation.outcome !== 'applied') continue;
    for (const { key, list } of externalReads(transaction))
      yield { operation, key, isWrite: false, version: list.length };
    for (const [kind, key, value] of steps) {
      const version = kind === 'append' ? versions.get(key)?.get(value) : undefined;
      if (version !== undefined) yield { operation, key, isWrite: true, version };
    }
  }
}

function cycleAnomaly(
  { name, edges }: Cycle,
  transactions: readonly Transaction[],
  dependencies: Dependencies,
): Anomaly {
  const order = [...new Set(edges.map(({ from }) => from))];
  const label = (by: number): string => `T${order.indexOf(by) + 1}`;
  const steps = edges.map((edge) => dependencies.explain(edge, label(edge.from), label(edge.to)));
  return {
    name,
    key: null,
    reason: `T1 comes before itself, in the order of the list below: ${steps.join('; ')}`,
    operations: order.map((by) => (transactions[by] as Transaction).operation),
  };
}
