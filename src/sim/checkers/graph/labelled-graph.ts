/**
 * A directed graph whose edges carry a kind (one bit) and a number that tells where they come from. Nodes are
 * numbers and edges lie in typed arrays, because dependency graphs of long histories have millions of both.
 * Every walk takes a mask of the kinds it may use, so one graph serves all levels of consistency.
 */
import { assert } from '../../../base/index.ts';

export interface Edge {
  readonly from: number;
  readonly to: number;
  /** One bit. */
  readonly kind: number;
  /** What the one who added it wants to know about it. */
  readonly detail: number;
}

export class LabelledGraph {
  readonly nodeCount: number;
  #from = new Int32Array(256);
  #to = new Int32Array(256);
  #kind = new Uint8Array(256);
  #detail = new Int32Array(256);
  #edgeCount = 0;
  /** Edges grouped by their source: those of node n are `order[starts[n]]` up to `order[starts[n + 1] - 1]`. */
  #starts: Int32Array | undefined;
  #order: Int32Array = new Int32Array(0);

  constructor(nodeCount: number) {
    this.nodeCount = nodeCount;
  }

  get edgeCount(): number {
    return this.#edgeCount;
  }

  /** Adds an edge; one from a node to itself is left out, because it says nothing. */
  add(from: number, to: number, kind: number, detail: number): void {
    assert(from >= 0 && from < this.nodeCount && to >= 0 && to < this.nodeCount, `edge ${from} to ${to}`);
    if (from === to) return;
    if (this.#edgeCount === this.#from.length) this.#grow();
    const edge = this.#edgeCount;
    this.#from[edge] = from;
    this.#to[edge] = to;
    this.#kind[edge] = kind;
    this.#detail[edge] = detail;
    this.#edgeCount += 1;
    this.#starts = undefined;
  }

  edge(id: number): Edge {
    assert(id >= 0 && id < this.#edgeCount, `edge ${id} of ${this.#edgeCount}`);
    return {
      from: this.#from[id] as number,
      to: this.#to[id] as number,
      kind: this.#kind[id] as number,
      detail: this.#detail[id] as number,
    };
  }

  /** For walks: where each node's edges begin, and the edges in that order. Valid until the next `add`. */
  adjacency(): Adjacency {
    this.#starts ??= this.#group();
    return { starts: this.#starts, edges: this.#order, to: this.#to, kinds: this.#kind };
  }

  #group(): Int32Array {
    const starts = new Int32Array(this.nodeCount + 1);
    for (let edge = 0; edge < this.#edgeCount; edge += 1) {
      const slot = (this.#from[edge] as number) + 1;
      starts[slot] = (starts[slot] as number) + 1;
    }
    for (let node = 0; node < this.nodeCount; node += 1)
      starts[node + 1] = (starts[node + 1] as number) + (starts[node] as number);
    const next = starts.slice();
    this.#order = new Int32Array(this.#edgeCount);
    for (let edge = 0; edge < this.#edgeCount; edge += 1) {
      const from = this.#from[edge] as number;
      const place = next[from] as number;
      this.#order[place] = edge;
      next[from] = place + 1;
    }
    return starts;
  }

  #grow(): void {
    const capacity = this.#from.length * 2;
    const copy = <Column extends Int32Array | Uint8Array>(old: Column, grown: Column): Column => {
      grown.set(old);
      return grown;
    };
    this.#from = copy(this.#from, new Int32Array(capacity));
    this.#to = copy(this.#to, new Int32Array(capacity));
    this.#kind = copy(this.#kind, new Uint8Array(capacity));
    this.#detail = copy(this.#detail, new Int32Array(capacity));
  }
}

export interface Adjacency {
  readonly starts: Int32Array;
  readonly edges: Int32Array;
  readonly to: Int32Array;
  readonly kinds: Uint8Array;
}
