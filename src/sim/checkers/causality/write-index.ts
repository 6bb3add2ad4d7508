/** Finds the last write that a process made to a key within the first so many of its accesses. */
import { type AccessTable, notARead } from './access-table.ts';

/** One process's writes to one key. */
export interface ChainWrites {
  readonly chain: number;
  /** In order of the process. */
  readonly nodes: readonly number[];
}

export class WriteIndex {
  readonly #table: AccessTable;
  readonly #byKey: ChainWrites[][];

  constructor(table: AccessTable) {
    this.#table = table;
    this.#byKey = table.keys.map(() => []);
    for (let node = 0; node < table.count; node += 1) {
      if (table.readsFrom[node] !== notARead) continue;
      const chain = table.chainOf[node] as number;
      const writers = this.#byKey[table.keyOf[node] as number] as { chain: number; nodes: number[] }[];
      // Accesses are numbered process by process, so a process's writes to a key come together.
      const last = writers.at(-1);
      if (last?.chain === chain) last.nodes.push(node);
      else writers.push({ chain, nodes: [node] });
    }
  }

  /** Who wrote the key that `node` accesses. */
  writers(node: number): readonly ChainWrites[] {
    return this.#byKey[this.#table.keyOf[node] as number] as readonly ChainWrites[];
  }

  /** The last of the writes among the first `count` accesses of the process, or -1. */
  lastWithin({ chain, nodes }: ChainWrites, count: number): number {
    const end = (this.#table.chainStarts[chain] as number) + count;
    let low = 0;
    let high = nodes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((nodes[middle] as number) < end) low = middle + 1;
      else high = middle;
    }
    return nodes[low - 1] ?? -1;
  }
}
