/**
 * What each transaction owes to which other (Adya, "Weak consistency", 1999), as a graph:
 *
 *   ww        it appended right behind an element of the other
 *   wr        it read a list that ends in an element of the other
 *   rw        it read a list that the other then was the first to append to: it came before the other
 *   process   the same process had done the other before
 *   realtime  the other had ended before it began
 *
 * A cycle means that no order of the transactions explains what was seen; which kinds of edges it is made of
 * tells which isolation levels it breaks.
 */
import { type HistoryKey, type Scalar, valueText } from '../../history/index.ts';
import { type Edge, LabelledGraph } from '../graph/index.ts';
import type { ElementIndex } from './element-index.ts';
import { externalReads, type List, type Transaction } from './transaction.ts';

export const ww = 1;
export const wr = 2;
export const rw = 4;
export const process = 8;
export const realtime = 16;

/** A read of the longest list owes to each append that nobody saw; more than these say nothing new. */
const unseenMax = 32;

export interface Dependencies {
  readonly graph: LabelledGraph;
  /** In words: what `1` owes to `2`, the ends of an edge. */
  explain(edge: Edge, from: string, to: string): string;
}

export function inferDependencies(
  transactions: readonly Transaction[],
  elements: ElementIndex,
  longest: ReadonlyMap<HistoryKey, List>,
): Dependencies {
  const builder = new DependencyBuilder(transactions, elements, longest);
  for (const [key, list] of longest) builder.addVersions(key, list);
  for (const [by, transaction] of transactions.entries()) {
    for (const { key, list } of externalReads(transaction)) builder.addRead(by, key, list);
  }
  builder.addProcesses();
  builder.addRealTime();
  return builder;
}

interface Reason {
  readonly key: HistoryKey;
  readonly value: Scalar;
}

class DependencyBuilder implements Dependencies {
  readonly graph: LabelledGraph;
  readonly #transactions: readonly Transaction[];
  readonly #elements: ElementIndex;
  readonly #longest: ReadonlyMap<HistoryKey, List>;
  readonly #reasons: Reason[] = [];
  /** Per key: the transactions that appended what nobody saw. */
  readonly #unseen = new Map<HistoryKey, readonly Reason[]>();
  /** Per transaction: 1 when it took effect, by its answer or because somebody saw it. */
  readonly #happened: Uint8Array;

  constructor(
    transactions: readonly Transaction[],
    elements: ElementIndex,
    longest: ReadonlyMap<HistoryKey, List>,
  ) {
    this.graph = new LabelledGraph(transactions.length);
    this.#transactions = transactions;
    this.#elements = elements;
    this.#longest = longest;
    this.#happened = Uint8Array.from(transactions, ({ operation }) =>
      operation.outcome === 'applied' ? 1 : 0,
    );
    for (const [key, list] of longest) for (const value of list) this.#see(key, value);
  }

  explain({ kind, detail }: Edge, from: string, to: string): string {
    const { key, value } = this.#reasons[detail] ?? { key: '', value: null };
    const element = `${valueText(value)} to ${key}`;
    switch (kind) {
      case ww:
        return `${to} appended ${element} behind ${from}`;
      case wr:
        return `${to} saw that ${from} had appended ${element}`;
      case rw:
        return `${from} did not see that ${to} appended ${element}`;
      case process:
        return `the process of ${from} then did ${to}`;
      default:
        return `${from} had ended when ${to} began`;
    }
  }

  addVersions(key: HistoryKey, list: List): void {
    let before: number | undefined;
    for (const value of list) {
      const by = this.#writer(key, value);
      if (by === undefined) continue;
      if (before !== undefined) this.#add(before, by, ww, { key, value });
      before = by;
    }
    for (const unseen of this.#unseenOf(key)) {
      const by = this.#writer(key, unseen.value);
      if (before !== undefined && by !== undefined) this.#add(before, by, ww, unseen);
    }
  }

  addRead(by: number, key: HistoryKey, list: List): void {
    const whole = this.#longest.get(key) ?? [];
    const last = list.at(-1);
    const writer = last === undefined ? undefined : this.#writer(key, last);
    if (writer !== undefined && last !== undefined) this.#add(writer, by, wr, { key, value: last });
    // A list that is no beginning of the longest one is an anomaly already, and says nothing about the order.
    if (last !== whole[list.length - 1]) return;
    for (let place = list.length; place < whole.length; place += 1) {
      const value = whole[place] as Scalar;
      const next = this.#writer(key, value);
      if (next === undefined) continue;
      this.#add(by, next, rw, { key, value });
      return;
    }
    for (const unseen of this.#unseenOf(key)) {
      const next = this.#writer(key, unseen.value);
      if (next !== undefined) this.#add(by, next, rw, unseen);
    }
  }

  addProcesses(): void {
    const last = new Map<number, number>();
    for (const [by, { operation }] of this.#transactions.entries()) {
      if (this.#happened[by] === 0) continue;
      const before = last.get(operation.process);
      if (before !== undefined) this.graph.add(before, by, process, -1);
      last.set(operation.process, by);
    }
  }

  /**
   * Every transaction owes to all that ended before it began. Those that ended before another one that ended
   * before it began are reached through that one, so the edges are few: at most one per client at a time.
   */
  addRealTime(): void {
    const order = [...this.#transactions.keys()].filter((by) => this.#happened[by] === 1);
    const ends = order
      .filter((by) => Number.isFinite(this.#end(by)))
      .sort((left, right) => this.#end(left) - this.#end(right));
    let recent: number[] = [];
    let ended = 0;
    for (const by of order) {
      const begin = this.#begin(by);
      for (; ended < ends.length && this.#end(ends[ended] as number) < begin; ended += 1) {
        const next = ends[ended] as number;
        recent = recent.filter((other) => this.#end(other) > this.#begin(next));
        recent.push(next);
      }
      for (const before of recent) this.graph.add(before, by, realtime, -1);
    }
  }

  #begin(by: number): number {
    return (this.#transactions[by] as Transaction).operation.invokeAt;
  }

  #end(by: number): number {
    return (this.#transactions[by] as Transaction).operation.completeAt;
  }

  #see(key: HistoryKey, value: Scalar): void {
    const element = this.#elements.find(key, value);
    if (element === undefined) return;
    const { outcome } = (this.#transactions[element.by] as Transaction).operation;
    if (outcome === 'unknown') this.#happened[element.by] = 1;
  }

  /** Who appended an element, where it is known and took effect. */
  #writer(key: HistoryKey, value: Scalar): number | undefined {
    const element = this.#elements.find(key, value);
    return element !== undefined && this.#happened[element.by] === 1 ? element.by : undefined;
  }

  #unseenOf(key: HistoryKey): readonly Reason[] {
    const known = this.#unseen.get(key);
    if (known !== undefined) return known;
    const seen = new Set(this.#longest.get(key));
    const unseen: Reason[] = [];
    for (const value of this.#elements.elementsOf(key).keys()) {
      if (unseen.length === unseenMax) break;
      if (!seen.has(value) && this.#writer(key, value) !== undefined) unseen.push({ key, value });
    }
    this.#unseen.set(key, unseen);
    return unseen;
  }

  #add(from: number, to: number, kind: number, reason: Reason): void {
    this.graph.add(from, to, kind, this.#reasons.length);
    this.#reasons.push(reason);
  }
}
