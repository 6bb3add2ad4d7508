/**
 * The causal order of a history: what a process did before, and what wrote the values it read, and so on (co
 * in Bouajjani et al., "On verifying causal consistency", 2017). The past of an access is a beginning of every
 * process, so it is stored as one count per process, a vector clock; asking whether one access precedes
 * another is then one comparison.
 */
import type { Budget, GaveUpVerdict } from '../verdict/index.ts';
import { type AccessTable, notARead } from './access-table.ts';

export type CausalOrderResult =
  | { readonly kind: 'order'; readonly order: CausalOrder }
  /** Something is its own cause. */
  | { readonly kind: 'cyclic' }
  | { readonly kind: 'gave-up'; readonly verdict: GaveUpVerdict };

export function buildCausalOrder(table: AccessTable, budget: Budget): CausalOrderResult {
  const width = table.chainStarts.length - 1;
  const cells = table.count * width;
  if (!budget.holds(cells * 4))
    return { kind: 'gave-up', verdict: budget.exhausted('memory', 'the causal order') };
  if (!budget.spend(clockSteps(cells)))
    return { kind: 'gave-up', verdict: budget.exhausted('steps', 'the causal order') };
  const order = new CausalOrder(table);
  return order.complete ? { kind: 'order', order } : { kind: 'cyclic' };
}

/** What work on so many counts of clocks costs: they are cheap, so a step is many of them. */
export function clockSteps(counts: number): number {
  return Math.ceil(counts / 64);
}

export class CausalOrder {
  readonly table: AccessTable;
  /** The number of processes, and of counts in each clock. */
  readonly width: number;
  /** Per access and process: how many of the process's accesses are in its past, itself included. */
  readonly clocks: Int32Array;
  /** Per access: its place in its process. */
  readonly positionOf: Int32Array;
  /** False when the order is cyclic; then the clocks mean nothing. */
  readonly complete: boolean;
  /** Per write: who read it, as a linked list over reads. */
  readonly #firstReader: Int32Array;
  readonly #nextReader: Int32Array;

  constructor(table: AccessTable) {
    this.table = table;
    this.width = table.chainStarts.length - 1;
    this.clocks = new Int32Array(table.count * this.width);
    this.positionOf = Int32Array.from(
      table.chainOf,
      (chain, node) => node - (table.chainStarts[chain] as number),
    );
    this.#firstReader = new Int32Array(table.count).fill(-1);
    this.#nextReader = new Int32Array(table.count).fill(-1);
    for (let node = 0; node < table.count; node += 1) {
      const write = table.readsFrom[node] as number;
      if (write < 0) continue;
      this.#nextReader[node] = this.#firstReader[write] as number;
      this.#firstReader[write] = node;
    }
    this.complete = this.#fillClocks();
  }

  /** Whether `earlier` is in the past of `later`; true for an access and itself. */
  precedes(earlier: number, later: number): boolean {
    const { chainOf } = this.table;
    const count = this.clocks[later * this.width + (chainOf[earlier] as number)] as number;
    return count > (this.positionOf[earlier] as number);
  }

  /** The accesses that directly follow: the next of the process, and who read it. */
  *followers(node: number): Generator<number, void, undefined> {
    const next = this.#nextInChain(node);
    if (next >= 0) yield next;
    for (
      let reader = this.#firstReader[node] as number;
      reader >= 0;
      reader = this.#nextReader[reader] as number
    )
      yield reader;
  }

  #nextInChain(node: number): number {
    const end = this.table.chainStarts[(this.table.chainOf[node] as number) + 1] as number;
    return node + 1 < end ? node + 1 : -1;
  }

  /** Visits accesses behind all that precede them (Kahn 1962), joining clocks; false where a cycle stops it. */
  #fillClocks(): boolean {
    const { count, readsFrom, chainOf } = this.table;
    const waitsFor = new Uint8Array(count);
    const ready: number[] = [];
    for (let node = 0; node < count; node += 1) {
      waitsFor[node] =
        ((this.positionOf[node] as number) > 0 ? 1 : 0) + ((readsFrom[node] as number) >= 0 ? 1 : 0);
      if (waitsFor[node] === 0) ready.push(node);
    }
    let visited = 0;
    for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
      visited += 1;
      const position = this.positionOf[node] as number;
      if (position > 0) this.#join(node, node - 1);
      const write = readsFrom[node] as number;
      if (write !== notARead && write >= 0) this.#join(node, write);
      this.clocks[node * this.width + (chainOf[node] as number)] = position + 1;
      for (const follower of this.followers(node)) {
        const left = (waitsFor[follower] as number) - 1;
        waitsFor[follower] = left;
        if (left === 0) ready.push(follower);
      }
    }
    return visited === count;
  }

  #join(node: number, from: number): void {
    const { clocks, width } = this;
    for (let chain = 0; chain < width; chain += 1) {
      const other = clocks[from * width + chain] as number;
      if (other > (clocks[node * width + chain] as number)) clocks[node * width + chain] = other;
    }
  }
}
