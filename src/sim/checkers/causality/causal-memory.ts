/**
 * Causal memory (CM): each process must be able to put all it could know in one order that explains its own
 * reads. Bouajjani et al. decide it by the least relation "happens before" of each process: it contains the
 * causal order, and wherever the process reads a value although another write to the key happened before the
 * read, that other write happened before the value's. A cycle (CyclicHB), or a write that happened before a
 * read of the initial value (WriteHBInitRead), refutes it.
 *
 * The relation only grows, and so do its clocks: each new "before" is joined into whatever follows, until
 * nothing changes. Most clocks stay as causality has them, so only those that grow are copied.
 */
import type { HistoryKey } from '../../history/index.ts';
import { type Anomaly, type Budget, invalid, type Verdict, valid } from '../verdict/index.ts';
import { fromInitial, notARead, operationOf } from './access-table.ts';
import { type CausalOrder, clockSteps } from './causal-order.ts';
import type { WriteIndex } from './write-index.ts';

/** Judges a history that is causally consistent already. */
export function checkCausalMemory(order: CausalOrder, writes: WriteIndex, budget: Budget): Verdict {
  const { chainStarts, readsFrom } = order.table;
  for (let chain = 0; chain < order.width; chain += 1) {
    const reads: number[] = [];
    for (let node = chainStarts[chain] as number; node < (chainStarts[chain + 1] as number); node += 1)
      if (readsFrom[node] !== notARead) reads.push(node);
    // With one read, happens-before adds nothing that plain causal consistency has not refused.
    if (reads.length < 2) continue;
    const verdict = new HappensBefore(order, writes, budget).judge(reads);
    if (verdict.verdict !== 'valid') return verdict;
  }
  return valid;
}

/** Happens-before as one process sees it. */
class HappensBefore {
  readonly #order: CausalOrder;
  readonly #writes: WriteIndex;
  readonly #budget: Budget;
  /** The clocks that have grown beyond causality. */
  readonly #grown = new Map<number, Int32Array>();
  /** What was found to happen before what, beyond causality. */
  readonly #added = new Map<number, number[]>();

  constructor(order: CausalOrder, writes: WriteIndex, budget: Budget) {
    this.#order = order;
    this.#writes = writes;
    this.#budget = budget;
  }

  /** `reads` are all the reads of the process, in its order. */
  judge(reads: readonly number[]): Verdict {
    if (!this.#budget.spend(reads.length)) return this.#gaveUp();
    const own = new Set(reads);
    const waiting = new Set(reads);
    for (const read of waiting) {
      waiting.delete(read);
      for (const other of this.#othersBefore(read)) {
        const write = this.#order.table.readsFrom[read] as number;
        if (write === fromInitial) return invalid(this.#initialRead(other, read));
        if (this.#precedes(other, write)) continue;
        if (this.#precedes(write, other)) return invalid(this.#cycle(write, other, read));
        const follows = this.#added.get(other);
        if (follows === undefined) this.#added.set(other, [write]);
        else follows.push(write);
        const spent = this.#spread(other, write, (node) => own.has(node) && waiting.add(node));
        if (!this.#budget.spend(spent)) return this.#gaveUp();
      }
    }
    return valid;
  }

  /** The last write of each process to the key of `read` that happens before it, except the one it saw. */
  *#othersBefore(read: number): Generator<number, void, undefined> {
    const { table } = this.#order;
    for (const writer of this.#writes.writers(read)) {
      const other = this.#writes.lastWithin(writer, this.#count(read, writer.chain));
      if (other >= 0 && other !== table.readsFrom[read]) yield other;
    }
  }

  #precedes(earlier: number, later: number): boolean {
    const chain = this.#order.table.chainOf[earlier] as number;
    return this.#count(later, chain) > (this.#order.positionOf[earlier] as number);
  }

  /** How many accesses of a process happen before `node`. */
  #count(node: number, chain: number): number {
    const grown = this.#grown.get(node);
    return (
      grown === undefined ? this.#order.clocks[node * this.#order.width + chain] : grown[chain]
    ) as number;
  }

  /** Joins the past of `from` into `to` and all that follows; tells `changed` of each, returns the work done. */
  #spread(from: number, to: number, changed: (node: number) => void): number {
    let work = 0;
    const pairs = [[from, to] as const];
    for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
      const [source, node] = pair;
      work += clockSteps(this.#order.width);
      if (!this.#join(node, source)) continue;
      changed(node);
      for (const follower of this.#order.followers(node)) pairs.push([node, follower]);
      for (const follower of this.#added.get(node) ?? []) pairs.push([node, follower]);
    }
    return work;
  }

  #join(node: number, from: number): boolean {
    const { clocks, width } = this.#order;
    const source = this.#grown.get(from) ?? clocks.subarray(from * width, (from + 1) * width);
    let target = this.#grown.get(node);
    let grown = false;
    const current = target ?? clocks.subarray(node * width, (node + 1) * width);
    for (let chain = 0; chain < width; chain += 1) {
      const count = source[chain] as number;
      if (count <= ((target ?? current)[chain] as number)) continue;
      if (target === undefined) {
        target = current.slice();
        this.#grown.set(node, target);
      }
      target[chain] = count;
      grown = true;
    }
    return grown;
  }

  #initialRead(other: number, read: number): Anomaly {
    const reason =
      'by what its process saw otherwise, a write happened before a read that saw nothing written';
    return this.#anomaly('WriteHBInitRead', reason, [other, read]);
  }

  #cycle(write: number, other: number, read: number): Anomaly {
    const reason =
      'by what its process saw otherwise, the second overwrote the first, which it reads all the same';
    return this.#anomaly('CyclicHB', reason, [write, other, read]);
  }

  #anomaly(name: Anomaly['name'], reason: string, nodes: readonly number[]): Anomaly {
    const { table } = this.#order;
    const key = table.keys[table.keyOf[nodes[0] as number] as number] as HistoryKey;
    return { name, key, reason, operations: nodes.map((node) => operationOf(table, node)) };
  }

  #gaveUp(): Verdict {
    return this.#budget.exhausted('steps', 'the check of causal memory');
  }
}
