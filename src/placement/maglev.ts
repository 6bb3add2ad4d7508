/**
 * Maglev hashing: one look into a table that the nodes have shared out among themselves. The fastest of all, with
 * shares even to a slot; in return a change moves some keys of nodes that stay, about one in a hundred with a table
 * of a hundred slots for each node.
 */
import { invalidOption } from '../base/index.ts';
import type { Key } from './key.ts';
import { MaglevFilling, type MaglevRow, maglevTable } from './maglev-table.ts';
import { hashOf, murmur3 } from './murmur3.ts';
import {
  type CheckedNode,
  checkCount,
  idAt,
  nodesById,
  type Placement,
  type PlacementNode,
} from './placement.ts';
import { xxh32 } from './xxh32.ts';

export interface MaglevOptions {
  /** Slots of the table: a prime, at least the number of nodes, well a hundred times that; 65,537 unless given. */
  readonly tableSize?: number;
}

const tableSizeMax = 0x100_0000;

/** A table that has been shared out. */
class TablePlacement implements Placement {
  readonly nodes: readonly CheckedNode[];
  readonly #table: Uint16Array;

  constructor(nodes: readonly CheckedNode[], table: Uint16Array) {
    this.nodes = nodes;
    this.#table = table;
  }

  owner(key: Key): string {
    return idAt(this.nodes, this.#table[(hashOf(key) >>> 0) % this.#table.length] as number);
  }

  /** Whoever comes next in the table; a node without a slot stands by last, in the order of ids. */
  owners(key: Key, count: number): string[] {
    checkCount(count, this.nodes);
    const start = (hashOf(key) >>> 0) % this.#table.length;
    const found = new Set<number>();
    for (let step = 0; step < this.#table.length && found.size < count; step += 1) {
      found.add(this.#table[(start + step) % this.#table.length] as number);
    }
    for (let place = 0; found.size < count; place += 1) found.add(place);
    return Array.from(found, (place) => idAt(this.nodes, place));
  }
}

export class MaglevPlacement extends TablePlacement {
  constructor(nodes: readonly PlacementNode[], options: MaglevOptions = {}) {
    const { checked, rows, tableSize } = rowsOf(nodes, options);
    super(checked, maglevTable(rows, tableSize));
  }
}

/**
 * Makes the same placement bit by bit, for programs that must not stand still for as long as it takes: some 40 ms for
 * 655,373 slots.
 */
export class MaglevBuild {
  readonly #nodes: readonly CheckedNode[];
  readonly #filling: MaglevFilling;

  constructor(nodes: readonly PlacementNode[], options: MaglevOptions = {}) {
    const { checked, rows, tableSize } = rowsOf(nodes, options);
    this.#nodes = checked;
    this.#filling = new MaglevFilling(rows, tableSize);
  }

  /** Goes on for about `looks` looks at slots, ten of which fill one; the placement once all are filled. */
  advance(looks: number): Placement | undefined {
    if (!(looks >= 1))
      throw invalidOption('looks', looks, 'a number from 1 up, Infinity for all that is left');
    const table = this.#filling.advance(looks);
    return table === undefined ? undefined : new TablePlacement(this.#nodes, table);
  }
}

function rowsOf(nodes: readonly PlacementNode[], { tableSize = 65_537 }: MaglevOptions) {
  const checked = nodesById(nodes);
  if (!isPrime(tableSize) || tableSize < checked.length || tableSize > tableSizeMax) {
    const expected = `a prime from ${checked.length}, the number of nodes, to ${tableSizeMax}`;
    throw invalidOption('tableSize', tableSize, expected);
  }
  const rows = checked.map(
    ({ id, weight }): MaglevRow => ({
      offset: murmur3(id) % tableSize,
      step: tableSize === 2 ? 1 : (xxh32(id) % (tableSize - 1)) + 1,
      weight,
    }),
  );
  return { checked, rows, tableSize };
}

function isPrime(value: number): boolean {
  if (!Number.isSafeInteger(value) || value < 2 || value > tableSizeMax) return false;
  for (let divisor = 2; divisor * divisor <= value; divisor += 1) if (value % divisor === 0) return false;
  return true;
}
