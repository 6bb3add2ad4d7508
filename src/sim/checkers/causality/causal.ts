/**
 * Causal consistency of registers, by the bad patterns of Bouajjani, Enea, Guerraoui and Hamza ("On verifying
 * causal consistency", POPL 2017). Where no value is written twice, a history is consistent exactly when none
 * of the patterns of its kind occurs. Three kinds go by the name:
 *
 *   CC   causal consistency: nobody sees an effect without its cause.
 *        ThinAirRead, CyclicCO, WriteCOInitRead, WriteCORead.
 *   CM   causal memory (Ahamad et al. 1995): also, each process sees one order of all writes.
 *        CC's and WriteHBInitRead, CyclicHB.
 *   CCv  causal convergence: also, all processes see the same order of the writes to a key.
 *        CC's and CyclicCF.
 *
 * CM and CCv include CC; neither includes the other. Sequential consistency includes both.
 */
import type { HistoryKey, Operation, Scalar } from '../../history/index.ts';
import { LabelledGraph, shortestCycle, strongComponents } from '../graph/index.ts';
import {
  type Anomaly,
  type AnomalyName,
  Budget,
  type BudgetOptions,
  invalid,
  type Verdict,
  valid,
} from '../verdict/index.ts';
import { type AccessTable, buildAccessTable, fromInitial, notARead, operationOf } from './access-table.ts';
import { checkCausalMemory } from './causal-memory.ts';
import { buildCausalOrder, type CausalOrder } from './causal-order.ts';
import { WriteIndex } from './write-index.ts';

export type CausalKind = 'CC' | 'CM' | 'CCv';

export interface CausalOptions {
  /** Default `CM`. */
  readonly kind?: CausalKind;
  /** What every register holds at first. Default null. */
  readonly initial?: Scalar;
  readonly budget?: Budget | BudgetOptions;
}

/** Judges a history of register operations. Gives up (`values-repeat`) where a value is written twice. */
export function checkCausal(operations: readonly Operation[], options: CausalOptions = {}): Verdict {
  const { kind = 'CM', initial = null, budget = {} } = options;
  const shared = budget instanceof Budget ? budget : new Budget(budget);
  const result = buildAccessTable(operations, initial);
  if (result.kind === 'unread') return invalid(...result.anomalies);
  if (result.kind === 'gave-up') return result.verdict;
  const built = buildCausalOrder(result.table, shared);
  if (built.kind === 'gave-up') return built.verdict;
  if (built.kind === 'cyclic') return invalid(cycleAnomaly(result.table, []));
  const writes = new WriteIndex(result.table);
  const plain = checkPlain(built.order, writes);
  if (plain.verdict !== 'valid' || kind === 'CC') return plain;
  return kind === 'CM'
    ? checkCausalMemory(built.order, writes, shared)
    : checkConvergence(built.order, writes);
}

/** CC: no read has, between its write and itself, another write to the key in its past. */
function checkPlain(order: CausalOrder, writes: WriteIndex): Verdict {
  const { table } = order;
  for (const { read, write, other } of overwritten(order, writes)) {
    const operations = [write, other, read]
      .filter((node) => node >= 0)
      .map((node) => operationOf(table, node));
    const key = keyAt(table, read);
    if (write === fromInitial) {
      const reason = 'a write was in the past of a read, which saw nothing written';
      return invalid({ name: 'WriteCOInitRead', key, reason, operations });
    }
    if (!order.precedes(write, other)) continue;
    const reason = 'a write was overwritten in the past of a read, which saw it all the same';
    return invalid({ name: 'WriteCORead', key, reason, operations });
  }
  return valid;
}

/** A write to the key of a read, in the read's past, that is not the one it saw. */
interface Overwrite {
  readonly read: number;
  readonly write: number;
  readonly other: number;
}

/**
 * For each read the last other write of each process in its past. The earlier ones of the process are in the
 * past of the last, so it stands for all of them.
 */
function* overwritten(order: CausalOrder, writes: WriteIndex): Generator<Overwrite, void, undefined> {
  const { table, clocks, width } = order;
  for (let read = 0; read < table.count; read += 1) {
    const write = table.readsFrom[read] as number;
    if (write === notARead) continue;
    for (const writer of writes.writers(read)) {
      const other = writes.lastWithin(writer, clocks[read * width + writer.chain] as number);
      if (other >= 0 && other !== write) yield { read, write, other };
    }
  }
}

const before = 1;
const readBy = 2;
const conflict = 4;

/** CCv: "seen over" orders the writes to a key, and that order must not contradict causality. */
function checkConvergence(order: CausalOrder, writes: WriteIndex): Verdict {
  const conflicts: Overwrite[] = [];
  for (const overwrite of overwritten(order, writes)) {
    // What causality orders already needs no second edge.
    if (!order.precedes(overwrite.other, overwrite.write)) conflicts.push(overwrite);
  }
  const graph = causalGraph(order.table, conflicts);
  if (strongComponents(graph, before | readBy | conflict).cyclic.length === 0) return valid;
  return invalid(cycleAnomaly(order.table, conflicts));
}

function causalGraph(table: AccessTable, conflicts: readonly Overwrite[]): LabelledGraph {
  const graph = new LabelledGraph(table.count);
  for (let node = 0; node < table.count; node += 1) {
    const write = table.readsFrom[node] as number;
    if (write >= 0) graph.add(write, node, readBy, node);
    if (node > 0 && table.chainOf[node] === table.chainOf[node - 1]) graph.add(node - 1, node, before, node);
  }
  for (const { read, write, other } of conflicts) graph.add(other, write, conflict, read);
  return graph;
}

function cycleAnomaly(table: AccessTable, conflicts: readonly Overwrite[]): Anomaly {
  const graph = causalGraph(table, conflicts);
  const kinds = before | readBy | conflict;
  const components = strongComponents(graph, kinds);
  const cycle = shortestCycle(graph, components, components.cyclic[0] as readonly number[], kinds);
  const operations = new Set<Operation>();
  for (const id of cycle) {
    const { from, kind, detail } = graph.edge(id);
    operations.add(operationOf(table, from));
    if (kind === conflict) operations.add(operationOf(table, detail));
  }
  const name: AnomalyName = conflicts.length === 0 ? 'CyclicCO' : 'CyclicCF';
  const reason =
    conflicts.length === 0
      ? 'each of these comes before the next, and the last before the first'
      : 'what the reads saw over what orders these writes in a circle';
  return { name, key: null, reason, operations: [...operations] };
}

function keyAt(table: AccessTable, node: number): HistoryKey {
  return table.keys[table.keyOf[node] as number] as HistoryKey;
}
