/**
 * Transactions over lists: each step appends an element to a key's list or reads all of it. Lists tell more
 * than registers, because a read shows which writes came before it, and in which order (Kingsbury and Alvaro,
 * "Elle: inferring isolation anomalies from experimental observations", 2020).
 */
import { QuorateError } from '../../../base/index.ts';
import {
  describeOperation,
  type HistoryKey,
  type MicroOperation,
  type Operation,
  type Scalar,
} from '../../history/index.ts';

export type List = readonly Scalar[];

export interface Transaction {
  readonly operation: Operation;
  /** Reads of an unknown or failed transaction carry `null`. */
  readonly steps: readonly MicroOperation[];
}

/** Every `txn`, and every `append` and `read` as a transaction of one step. Throws `unfit-history` on others. */
export function transactionsOf(operations: readonly Operation[]): readonly Transaction[] {
  return operations.map((operation) => ({ operation, steps: stepsOf(operation) }));
}

function stepsOf(operation: Operation): readonly MicroOperation[] {
  const { f, key, input, output, outcome, index } = operation;
  if (f === 'txn') return (outcome === 'applied' ? output : input) as readonly MicroOperation[];
  if (f === 'append') return [['append', key as HistoryKey, input as Scalar]];
  if (f === 'read' && (output === null || Array.isArray(output)))
    return [['r', key as HistoryKey, output as List | null]];
  const problem = `knows txn, append and reads of lists, not: ${describeOperation(operation)}`;
  throw new QuorateError({
    code: 'unfit-history',
    message: `model list-append ${problem} (operation ${index})`,
    data: { model: 'list-append', operation: index, problem },
  });
}

/** A read that shows what others did: of a key that its transaction has not touched before. */
export interface ExternalRead {
  readonly key: HistoryKey;
  readonly list: List;
}

/** The external reads of an applied transaction. */
export function externalReads({ steps, operation }: Transaction): readonly ExternalRead[] {
  if (operation.outcome !== 'applied') return [];
  const touched = new Set<HistoryKey>();
  const reads: ExternalRead[] = [];
  for (const [kind, key, value] of steps) {
    if (kind === 'r' && !touched.has(key)) reads.push({ key, list: (value ?? []) as List });
    touched.add(key);
  }
  return reads;
}
