/**
 * Placement by range: the keys in the order of their bytes are cut at split points, and each range between two cuts
 * has a node. Keys that are neighbours stay together, so a scan asks few nodes; that the ranges are even is the
 * concern of whoever chooses the cuts.
 */
import { invalidOption } from '../base/index.ts';
import { bytesOf, compareBytes, type Key } from './key.ts';
import {
  type CheckedNode,
  checkCount,
  idAt,
  nodesById,
  type Placement,
  type PlacementNode,
} from './placement.ts';

export interface PlacedRange {
  /** The first key of the range; the empty text or no bytes for the first range, and only there. */
  readonly from: Key;
  /** The id of the node that owns it. */
  readonly owner: string;
}

/** A range from `from` up to, and without, `until`; the last has no end. */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly until: Uint8Array | undefined;
}

export class RangePlacement implements Placement {
  readonly nodes: readonly CheckedNode[];
  readonly #starts: readonly Uint8Array[];
  readonly #owners: readonly string[];

  constructor(nodes: readonly PlacementNode[], ranges: readonly PlacedRange[]) {
    this.nodes = nodesById(nodes);
    if (!Array.isArray(ranges) || ranges.length === 0)
      throw invalidOption('ranges', ranges, 'at least one range');
    const ids = new Set(this.nodes.map(({ id }) => id));
    this.#starts = ranges.map(({ from }) => bytesOf(from).slice());
    this.#owners = ranges.map(({ owner }) => owner);
    for (const [place, start] of this.#starts.entries()) {
      const at = `ranges[${place}]`;
      const before = this.#starts[place - 1];
      if (before === undefined && start.length > 0) {
        throw invalidOption(`${at}.from`, ranges[place]?.from, 'empty, so that each key is in a range');
      }
      if (before !== undefined && compareBytes(before, start) >= 0) {
        throw invalidOption(`${at}.from`, ranges[place]?.from, 'behind the start of the range before');
      }
      const owner = this.#owners[place] as string;
      if (!ids.has(owner)) throw invalidOption(`${at}.owner`, owner, 'the id of one of the nodes');
    }
  }

  owner(key: Key): string {
    return this.#owners[this.#indexOf(bytesOf(key))] as string;
  }

  /** The owners of the ranges that follow, from the last on to the first; then those that own none, by id. */
  owners(key: Key, count: number): string[] {
    checkCount(count, this.nodes);
    const start = this.#indexOf(bytesOf(key));
    const found = new Set<string>();
    for (let step = 0; step < this.#owners.length && found.size < count; step += 1) {
      found.add(this.#owners[(start + step) % this.#owners.length] as string);
    }
    for (let place = 0; found.size < count; place += 1) found.add(idAt(this.nodes, place));
    return [...found];
  }

  /** Where the ranges begin, ascending. */
  starts(): readonly Uint8Array[] {
    return this.#starts.map((start) => start.slice());
  }

  /** The last range that begins at or before the key. */
  #indexOf(key: Uint8Array): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (compareBytes(this.#starts[middle] as Uint8Array, key) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
