/**
 * Maglev hashing: one look into a table that the nodes have shared out among themselves. The fastest of all, with
 * shares even to a slot; in return a change moves some keys of nodes that stay, about one in a hundred with a table
 * of a hundred slots for each node.
 */
import { invalidOption } from '../base/index.ts';
import type { Key } from './key.ts';
import { maglevTable } from './maglev-table.ts';
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

export class MaglevPlacement implements Placement {
  readonly nodes: readonly CheckedNode[];
  readonly #table: Uint16Array;

  constructor(nodes: readonly PlacementNode[], { tableSize = 65_537 }: MaglevOptions = {}) {
    this.nodes = nodesById(nodes);
    if (!isPrime(tableSize) || tableSize < this.nodes.length || tableSize > tableSizeMax) {
      const expected = `a prime from ${this.nodes.length}, the number of nodes, to ${tableSizeMax}`;
      throw invalidOption('tableSize', tableSize, expected);
    }
    const rows = this.nodes.map(({ id, weight }) => ({
      offset: murmur3(id) % tableSize,
      step: tableSize === 2 ? 1 : (xxh32(id) % (tableSize - 1)) + 1,
      weight,
    }));
    this.#table = maglevTable(rows, tableSize);
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

function isPrime(value: number): boolean {
  if (!Number.isSafeInteger(value) || value < 2 || value > tableSizeMax) return false;
  for (let divisor = 2; divisor * divisor <= value; divisor += 1) if (value % divisor === 0) return false;
  return true;
}
