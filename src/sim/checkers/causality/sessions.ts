/**
 * The four session guarantees of Terry et al. (1994) for registers: read your writes, monotonic reads,
 * monotonic writes, writes follow reads; per process and key. Where every answer carries a revision, versions
 * are compared directly. Where values differ but revisions are missing, each guarantee becomes a set of "this
 * write before that one", and a contradiction is a cycle:
 *
 *   read your writes      a process wrote a, then read b:    a before b
 *   monotonic reads       a process read a, then read b:     a before b
 *   monotonic writes      a process wrote a, then wrote b:   a before b, for everybody
 *   writes follow reads   a process read a, then wrote b:    a before b, for everybody
 *
 * The last two, and revisions where there are some, bind every process; the first two bind the process that
 * read. Two processes may see two unrelated writes in two orders, as causal memory allows.
 */
import type { HistoryKey, Operation, Scalar } from '../../history/index.ts';
import { type Edge, LabelledGraph, shortestCycle, strongComponents } from '../graph/index.ts';
import { type Anomaly, type AnomalyName, invalid, type Verdict, valid } from '../verdict/index.ts';
import { type AccessTable, buildAccessTable, fromInitial, notARead, operationOf } from './access-table.ts';
import { registerVersions } from './register-versions.ts';
import { checkVersionedSessions } from './versioned-sessions.ts';

export interface SessionOptions {
  /** What every register holds at first. Default null. */
  readonly initial?: Scalar;
}

/** Judges a history of register operations. Gives up (`values-repeat`) where neither values nor revisions tell versions apart. */
export function checkSessions(operations: readonly Operation[], options: SessionOptions = {}): Verdict {
  const result = buildAccessTable(operations, options.initial ?? null);
  if (result.kind === 'unread') return invalid(...result.anomalies);
  if (result.kind === 'table') return checkTable(result.table);
  const versions = registerVersions(operations);
  return versions === undefined ? result.verdict : checkVersionedSessions(versions);
}

const monotonicWrites = 1;
const writesFollowReads = 2;
const revisions = 4;
const readYourWrites = 8;
const monotonicReads = 16;
const everybody = monotonicWrites | writesFollowReads | revisions;

/** By the order in which a broken guarantee names a contradiction that several have part in. */
const names: readonly { readonly kind: number; readonly name: AnomalyName; readonly text: string }[] = [
  { kind: readYourWrites, name: 'read-your-writes', text: 'wrote, then read' },
  { kind: monotonicReads, name: 'monotonic-reads', text: 'read, then read' },
  { kind: writesFollowReads, name: 'writes-follow-reads', text: 'read, then wrote' },
  { kind: monotonicWrites, name: 'monotonic-writes', text: 'wrote, then wrote' },
];

function checkTable(table: AccessTable): Verdict {
  const evidence = new Evidence(table);
  if (evidence.anomalies.length > 0) return invalid(...evidence.anomalies);
  const anomalies: Anomaly[] = [];
  // All processes at once: where even that has no cycle, no process has one.
  const { cyclic, componentOf } = strongComponents(
    evidence.graph,
    everybody | readYourWrites | monotonicReads,
  );
  if (cyclic.length === 0) return valid;
  const suspects = evidence.edges().filter(({ from, to }) => componentOf[from] === componentOf[to]);
  const shared = suspects.filter(({ kind }) => (kind & everybody) !== 0);
  const byChain = Map.groupBy(
    suspects.filter(({ kind }) => (kind & everybody) === 0),
    ({ detail }) => table.chainOf[evidence.pair(detail).later] as number,
  );
  for (const own of [[], ...byChain.values()]) {
    const cycle = findCycle(table.count, [...shared, ...own]);
    if (cycle !== undefined) anomalies.push(evidence.anomaly(cycle));
    if (cycle !== undefined && own.length === 0) break;
  }
  return anomalies.length === 0 ? valid : invalid(...anomalies);
}

function findCycle(nodeCount: number, edges: readonly Edge[]): readonly Edge[] | undefined {
  const graph = new LabelledGraph(nodeCount);
  for (const { from, to, kind, detail } of edges) graph.add(from, to, kind, detail);
  const components = strongComponents(graph, 0xff);
  const component = components.cyclic[0];
  if (component === undefined) return undefined;
  return shortestCycle(graph, components, component, 0xff).map((edge) => graph.edge(edge));
}

/** Two accesses of one process that order two writes. */
interface Pair {
  readonly earlier: number;
  readonly later: number;
}

/** The last things a process did to a key. */
interface Line {
  write: number;
  read: number;
}

const nothing = -1;

/** Every "before" that the history proves, with the accesses that prove it. */
class Evidence {
  readonly graph: LabelledGraph;
  /** Reads of the initial value by a process that had read or written something later. */
  readonly anomalies: Anomaly[] = [];
  readonly #table: AccessTable;
  readonly #pairs: Pair[] = [];

  constructor(table: AccessTable) {
    this.#table = table;
    this.graph = new LabelledGraph(table.count);
    for (let chain = 0; chain + 1 < table.chainStarts.length; chain += 1) this.#takeChain(chain);
    this.#takeRevisions();
  }

  pair(detail: number): Pair {
    return this.#pairs[detail] as Pair;
  }

  edges(): readonly Edge[] {
    return Array.from({ length: this.graph.edgeCount }, (_, edge) => this.graph.edge(edge));
  }

  anomaly(cycle: readonly Edge[]): Anomaly {
    const table = this.#table;
    const guarantees = names.filter(({ kind }) => cycle.some((edge) => edge.kind === kind));
    const operations = new Set<Operation>();
    for (const { detail } of cycle) {
      const { earlier, later } = this.pair(detail);
      operations.add(operationOf(table, earlier)).add(operationOf(table, later));
    }
    const steps = guarantees.map(({ name, text }) => `${name} (${text})`);
    if (cycle.some(({ kind }) => kind === revisions)) steps.push("the store's revisions");
    return {
      name: guarantees[0]?.name ?? 'monotonic-writes',
      key: table.keys[table.keyOf[cycle[0]?.from ?? 0] as number] as HistoryKey,
      reason: `no order of its versions satisfies all of these: ${steps.join(', ')}`,
      operations: [...operations],
    };
  }

  #takeChain(chain: number): void {
    const { chainStarts, keyOf, readsFrom } = this.#table;
    const lines = new Map<number, Line>();
    for (let node = chainStarts[chain] as number; node < (chainStarts[chain + 1] as number); node += 1) {
      const keyId = keyOf[node] as number;
      const line = lines.get(keyId) ?? { write: nothing, read: nothing };
      lines.set(keyId, line);
      if (readsFrom[node] === notARead) {
        this.#order(line.write, node, monotonicWrites);
        this.#order(line.read, node, writesFollowReads);
        line.write = node;
      } else {
        this.#order(line.write, node, readYourWrites);
        this.#order(line.read, node, monotonicReads);
        line.read = node;
      }
    }
  }

  /** Notes that what access `earlier` wrote or saw stands before what `later` wrote or saw. */
  #order(earlier: number, later: number, kind: number): void {
    if (earlier === nothing) return;
    const from = this.#version(earlier);
    const to = this.#version(later);
    if (from === fromInitial || from === to) return;
    if (to === fromInitial) this.#tellInitial(earlier, later, kind);
    else this.#add(from, to, kind, { earlier, later });
  }

  #add(from: number, to: number, kind: number, pair: Pair): void {
    this.graph.add(from, to, kind, this.#pairs.length);
    this.#pairs.push(pair);
  }

  #tellInitial(earlier: number, later: number, kind: number): void {
    const operations = [operationOf(this.#table, earlier), operationOf(this.#table, later)];
    const name = kind === readYourWrites ? 'read-your-writes' : 'monotonic-reads';
    const key = this.#table.keys[this.#table.keyOf[later] as number] as HistoryKey;
    this.anomalies.push({
      name,
      key,
      reason: 'a process read what was there before anybody wrote',
      operations,
    });
  }

  #version(node: number): number {
    const from = this.#table.readsFrom[node] as number;
    return from === notARead ? node : from;
  }

  /** The store's own order of the writes that carry revisions. */
  #takeRevisions(): void {
    const { count, keyOf, readsFrom } = this.#table;
    const revised: { readonly node: number; readonly revision: number }[] = [];
    for (let node = 0; node < count; node += 1) {
      const { revision } = operationOf(this.#table, node);
      if (readsFrom[node] === notARead && revision !== undefined) revised.push({ node, revision });
    }
    revised.sort((left, right) => left.revision - right.revision);
    const last = new Map<number, number>();
    for (const { node } of revised) {
      const keyId = keyOf[node] as number;
      const before = last.get(keyId);
      if (before !== undefined) this.#add(before, node, revisions, { earlier: before, later: node });
      last.set(keyId, node);
    }
  }
}
