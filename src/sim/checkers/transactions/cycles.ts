/**
 * Finds the cycles that an isolation level forbids, one of each name, as short as it can. First the strongly
 * connected components (Tarjan 1972) say whether there is any; only then does the search for good examples
 * begin: from each edge of the kind that gives an anomaly its name, the shortest way back.
 */
import {
  type Edge,
  LabelledGraph,
  PathSearch,
  type StrongComponents,
  shortestCycle,
  strongComponents,
} from '../graph/index.ts';
import type { CycleName } from '../verdict/index.ts';
import { process, realtime, rw, wr, ww } from './dependencies.ts';
import type { IsolationRules } from './isolation.ts';

export interface Cycle {
  readonly name: CycleName | `${CycleName}-${'process' | 'realtime'}`;
  readonly edges: readonly Edge[];
}

/** Beyond this many starting edges the cycle shown is short, but perhaps not the shortest. */
const anchorsMax = 500;

export function findCycles(graph: LabelledGraph, rules: IsolationRules): readonly Cycle[] {
  const most = rules.orders.reduce((mask, kind) => mask | kind, ww | wr);
  const all = rules.antiDependencies === 'allowed' ? most : most | rw;
  if (strongComponents(graph, all).cyclic.length === 0) return [];
  const found = new Map<CycleName, readonly Edge[]>();
  let orders = 0;
  for (const order of [0, ...rules.orders]) {
    orders |= order;
    // A name that a weaker order has found already needs no example that leans on a stronger one.
    const settled = new Set(found.keys());
    for (const edges of new CycleSearch(graph, orders).find(rules.antiDependencies)) {
      const name = nameOf(edges);
      const best = found.get(name);
      if (!settled.has(name) && edges.length < (best?.length ?? Number.POSITIVE_INFINITY))
        found.set(name, edges);
    }
  }
  return Array.from(found, ([name, edges]) => ({ name: fullName(name, edges), edges }));
}

/** The name says which order besides the data's own the cycle needs. */
function fullName(name: CycleName, edges: readonly Edge[]): Cycle['name'] {
  if (edges.some(({ kind }) => kind === realtime)) return `${name}-realtime`;
  return edges.some(({ kind }) => kind === process) ? `${name}-process` : name;
}

class CycleSearch {
  readonly #graph: LabelledGraph;
  readonly #orders: number;

  /** `orders` are the kinds of edges that count besides those of the data. */
  constructor(graph: LabelledGraph, orders: number) {
    this.#graph = graph;
    this.#orders = orders;
  }

  /**
   * Cycles that the rule forbids, among them at least one where there is any: the components decide that, the
   * ways from single edges only look for examples that people understand better.
   */
  *find(rule: IsolationRules['antiDependencies']): Generator<readonly Edge[], void, undefined> {
    const writes = ww | this.#orders;
    const reads = ww | wr | this.#orders;
    yield* this.#shortest(writes);
    yield* this.#through(wr, reads, reads);
    yield* this.#shortest(reads);
    if (rule === 'allowed') return;
    if (rule === 'not-behind-reads') {
      yield* this.#through(rw, wr | this.#orders, reads | rw, Number.POSITIVE_INFINITY);
      return;
    }
    yield* this.#through(rw, reads, reads | rw);
    yield* this.#nonAdjacent(reads);
    if (rule === 'only-adjacent') return;
    yield* this.#through(rw, reads | rw, reads | rw);
    yield* this.#shortest(reads | rw);
  }

  /** A shortest cycle of each component. */
  *#shortest(mask: number): Generator<readonly Edge[], void, undefined> {
    const components = strongComponents(this.#graph, mask);
    for (const component of components.cyclic) {
      yield shortestCycle(this.#graph, components, component, mask).map((edge) => this.#graph.edge(edge));
    }
  }

  /** Cycles of one edge of kind `through` and a shortest way back of the kinds in `back`; `within` are both. */
  *#through(
    through: number,
    back: number,
    within: number,
    most: number = anchorsMax,
  ): Generator<readonly Edge[], void, undefined> {
    const components = strongComponents(this.#graph, within);
    const search = new PathSearch(this.#graph, components);
    let anchors = 0;
    for (let id = 0; id < this.#graph.edgeCount && anchors < most; id += 1) {
      const anchor = this.#graph.edge(id);
      if (anchor.kind !== through || !inCycle(anchor, components)) continue;
      anchors += 1;
      const way = search.path(anchor.to, anchor.from, back);
      if (way !== undefined) yield [anchor, ...way.map((edge) => this.#graph.edge(edge))];
    }
  }

  /**
   * Cycles in which no two anti-dependencies stand side by side. Each transaction becomes two nodes, reached by
   * an anti-dependency or otherwise; from the former no anti-dependency leads on.
   */
  *#nonAdjacent(plain: number): Generator<readonly Edge[], void, undefined> {
    const double = new LabelledGraph(this.#graph.nodeCount * 2);
    for (let id = 0; id < this.#graph.edgeCount; id += 1) {
      const { from, to, kind } = this.#graph.edge(id);
      if (kind === rw) double.add(from * 2, to * 2 + 1, rw, id);
      else if ((kind & plain) !== 0) {
        double.add(from * 2, to * 2, kind, id);
        double.add(from * 2 + 1, to * 2, kind, id);
      }
    }
    const components = strongComponents(double, 0xff);
    for (const component of components.cyclic) {
      const cycle = shortestCycle(double, components, component, 0xff);
      yield cycle.map((id) => this.#graph.edge(double.edge(id).detail));
    }
  }
}

function inCycle({ from, to }: Edge, { componentOf }: StrongComponents): boolean {
  return componentOf[from] === componentOf[to];
}

/** What a cycle is called, by its edges. */
function nameOf(edges: readonly Edge[]): CycleName {
  const antiDependencies = edges.filter(({ kind }) => kind === rw).length;
  if (antiDependencies === 0) return edges.some(({ kind }) => kind === wr) ? 'G1c' : 'G0';
  if (antiDependencies === 1) return 'G-single';
  const adjacent = edges.some(
    ({ kind }, place) => kind === rw && edges[(place + 1) % edges.length]?.kind === rw,
  );
  return adjacent ? 'G2-item' : 'G-nonadjacent';
}
