/**
 * Shortest ways and cycles, by breadth-first search inside one strongly connected component. A cycle is the
 * whole proof of an anomaly, so the shorter it is, the better a person understands it.
 */
import type { LabelledGraph } from './labelled-graph.ts';
import type { StrongComponents } from './strong-components.ts';

/** Beyond this many starts in one component the cycle found is short, but perhaps not the shortest. */
const startsMax = 500;

/**
 * A shortest cycle within `component`, as edge ids in order, using the kinds in `mask`. Every component of
 * more than one node that was found with the same mask has one.
 */
export function shortestCycle(
  graph: LabelledGraph,
  components: StrongComponents,
  component: readonly number[],
  mask: number,
): readonly number[] {
  const search = new PathSearch(graph, components);
  let best: readonly number[] = [];
  for (const start of component.slice(0, startsMax)) {
    const found = search.path(
      start,
      start,
      mask,
      best.length === 0 ? Number.POSITIVE_INFINITY : best.length - 1,
    );
    if (found !== undefined) best = found;
    if (best.length === 2) break;
  }
  return best;
}

/** Searches ways that stay inside the component of their start; it can be used many times. */
export class PathSearch {
  readonly #adjacency: ReturnType<LabelledGraph['adjacency']>;
  readonly #componentOf: Int32Array;
  /** The edge by which a node was reached in the round `#reachedIn`. */
  readonly #by: Int32Array;
  readonly #before: Int32Array;
  readonly #reachedIn: Int32Array;
  #round = 0;

  constructor(graph: LabelledGraph, components: StrongComponents) {
    this.#adjacency = graph.adjacency();
    this.#componentOf = components.componentOf;
    this.#by = new Int32Array(graph.nodeCount);
    this.#before = new Int32Array(graph.nodeCount);
    this.#reachedIn = new Int32Array(graph.nodeCount);
  }

  /** A shortest way of at least one and at most `lengthMax` edges from `from` to `to`, as edge ids. */
  path(
    from: number,
    to: number,
    mask: number,
    lengthMax: number = Number.POSITIVE_INFINITY,
  ): readonly number[] | undefined {
    this.#round += 1;
    let frontier = [from];
    for (let length = 1; length <= lengthMax && frontier.length > 0; length += 1) {
      const next: number[] = [];
      for (const node of frontier) {
        if (this.#expand(node, to, mask, next)) return this.#trace(from, to);
      }
      frontier = next;
    }
    return undefined;
  }

  /** Reaches the neighbours of `node`; true when `to` is one of them. */
  #expand(node: number, to: number, mask: number, next: number[]): boolean {
    const { starts, edges, to: targets, kinds } = this.#adjacency;
    const end = starts[node + 1] as number;
    for (let place = starts[node] as number; place < end; place += 1) {
      const edge = edges[place] as number;
      const target = targets[edge] as number;
      if (((kinds[edge] as number) & mask) === 0 || this.#reachedIn[target] === this.#round) continue;
      if (this.#componentOf[target] !== this.#componentOf[node]) continue;
      this.#reachedIn[target] = this.#round;
      this.#by[target] = edge;
      this.#before[target] = node;
      if (target === to) return true;
      next.push(target);
    }
    return false;
  }

  #trace(from: number, to: number): readonly number[] {
    const path: number[] = [];
    let node = to;
    do {
      path.push(this.#by[node] as number);
      node = this.#before[node] as number;
    } while (node !== from);
    return path.reverse();
  }
}
