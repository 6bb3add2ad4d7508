/**
 * Strongly connected components (Tarjan 1972), with the recursion laid out on arrays: histories are longer
 * than the stack is deep. A node lies on a cycle exactly when its component has a second node.
 */
import type { LabelledGraph } from './labelled-graph.ts';

export interface StrongComponents {
  /** The component of each node. */
  readonly componentOf: Int32Array;
  /** The components with more than one node: where the cycles are. */
  readonly cyclic: readonly (readonly number[])[];
}

/** The components of the part of `graph` whose edges are of the kinds in `mask`. */
export function strongComponents(graph: LabelledGraph, mask: number): StrongComponents {
  const walk = new TarjanWalk(graph, mask);
  for (let node = 0; node < graph.nodeCount; node += 1) walk.visit(node);
  return { componentOf: walk.componentOf, cyclic: walk.cyclic };
}

const unseen = -1;

class TarjanWalk {
  readonly componentOf: Int32Array;
  readonly cyclic: number[][] = [];
  readonly #graph: ReturnType<LabelledGraph['adjacency']>;
  readonly #mask: number;
  readonly #order: Int32Array;
  readonly #low: Int32Array;
  readonly #nextEdge: Int32Array;
  /** Nodes on the way from the root of the walk. */
  readonly #path: Int32Array;
  /** Nodes seen whose component is not known. */
  readonly #open: Int32Array;
  #openCount = 0;
  #seenCount = 0;
  #componentCount = 0;

  constructor(graph: LabelledGraph, mask: number) {
    const count = graph.nodeCount;
    this.#graph = graph.adjacency();
    this.#mask = mask;
    this.componentOf = new Int32Array(count).fill(unseen);
    this.#order = new Int32Array(count).fill(unseen);
    this.#low = new Int32Array(count);
    this.#nextEdge = new Int32Array(count);
    this.#path = new Int32Array(count);
    this.#open = new Int32Array(count);
  }

  visit(root: number): void {
    if (this.#order[root] !== unseen) return;
    let depth = 0;
    this.#path[0] = root;
    this.#enter(root);
    while (depth >= 0) {
      const node = this.#path[depth] as number;
      const child = this.#advance(node);
      if (child !== unseen) {
        depth += 1;
        this.#path[depth] = child;
        this.#enter(child);
        continue;
      }
      if (this.#low[node] === this.#order[node]) this.#close(node);
      depth -= 1;
      if (depth >= 0) this.#lower(this.#path[depth] as number, this.#low[node] as number);
    }
  }

  #enter(node: number): void {
    this.#order[node] = this.#seenCount;
    this.#low[node] = this.#seenCount;
    this.#seenCount += 1;
    this.#nextEdge[node] = this.#graph.starts[node] as number;
    this.#open[this.#openCount] = node;
    this.#openCount += 1;
  }

  /** The next child of `node` that was not seen before, or `unseen` when there is none. */
  #advance(node: number): number {
    const { starts, edges, to, kinds } = this.#graph;
    const end = starts[node + 1] as number;
    for (let place = this.#nextEdge[node] as number; place < end; place += 1) {
      const edge = edges[place] as number;
      if (((kinds[edge] as number) & this.#mask) === 0) continue;
      const child = to[edge] as number;
      if (this.#order[child] === unseen) {
        this.#nextEdge[node] = place + 1;
        return child;
      }
      if (this.componentOf[child] === unseen) this.#lower(node, this.#order[child] as number);
    }
    this.#nextEdge[node] = end;
    return unseen;
  }

  #lower(node: number, low: number): void {
    if (low < (this.#low[node] as number)) this.#low[node] = low;
  }

  /** Takes the component whose root is `node` off the open nodes. */
  #close(node: number): void {
    const first = this.#openCount - 1;
    let start = first;
    while (this.#open[start] !== node) start -= 1;
    for (let place = start; place <= first; place += 1)
      this.componentOf[this.#open[place] as number] = this.#componentCount;
    if (start < first) this.cyclic.push(Array.from(this.#open.subarray(start, this.#openCount)));
    this.#openCount = start;
    this.#componentCount += 1;
  }
}
