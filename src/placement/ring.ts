/**
 * The consistent ring (Karger and others 1997): a circle of 2³² positions on which each node has as many points as
 * its weight asks for, and a key belongs to the first point at or behind its own position. A node that comes or goes
 * moves the arcs in front of its points and nothing else. The points lie in sorted arrays of numbers; the upper bits
 * of a position lead to where in them it must be, so the binary search that is left is a step or two.
 */
import { invalidOption } from '../base/index.ts';
import type { Key } from './key.ts';
import { hashOf } from './murmur3.ts';
import {
  type CheckedNode,
  checkCount,
  idAt,
  nodesById,
  type Placement,
  type PlacementNode,
} from './placement.ts';
import { RingPoints } from './ring-points.ts';

export interface RingOptions {
  /**
   * Points of a node of weight 1; 1,024 unless given. Shares stray from the weights by one part in the square root
   * of it: 3 % with 1,024, 10 % with 100. A ring takes some 10 bytes for each point.
   */
  readonly virtualNodes?: number;
  /**
   * A ring of nearly the same nodes. What stays is taken over from it, so that a ring of 1,000 nodes is there in a
   * fraction of the time; it is the same ring.
   */
  readonly former?: RingPlacement;
}

const positions = 0x1_0000_0000;
const pointsMax = 0x40_0000;

export class RingPlacement implements Placement {
  readonly nodes: readonly CheckedNode[];
  readonly virtualNodes: number;
  readonly #made: RingPoints;
  /** Ascending; a key at or before `points[i]`, and behind `points[i - 1]`, belongs to `#places[i]`. */
  readonly #points: Uint32Array;
  readonly #places: Uint16Array;
  /** For each value of the upper bits the first point at or behind it. */
  readonly #starts: Uint32Array;
  readonly #shift: number;

  constructor(nodes: readonly PlacementNode[], { virtualNodes = 1_024, former }: RingOptions = {}) {
    if (!Number.isSafeInteger(virtualNodes) || virtualNodes < 1 || virtualNodes > 65_536) {
      throw invalidOption('virtualNodes', virtualNodes, 'a whole number from 1 to 65536');
    }
    if (former !== undefined && !(former instanceof RingPlacement)) {
      throw invalidOption('former', former, 'a RingPlacement');
    }
    this.nodes = nodesById(nodes);
    this.virtualNodes = virtualNodes;
    const counts = countsOf(this.nodes, virtualNodes);
    this.#made = new RingPoints(this.nodes, counts, former === undefined ? undefined : former.#made);
    this.#points = this.#made.positions;
    this.#places = this.#made.places;
    const bits = Math.max(1, 32 - Math.clz32(this.#points.length - 1));
    this.#shift = 32 - bits;
    this.#starts = startsOf(this.#points, bits);
  }

  owner(key: Key): string {
    return idAt(this.nodes, this.#places[this.#indexFor(hashOf(key))] as number);
  }

  /** The nodes that are met first on the way around the circle. */
  owners(key: Key, count: number): string[] {
    checkCount(count, this.nodes);
    const found: string[] = [];
    this.firstWhere(key, (id) => found.push(id) === count);
    return found;
  }

  /** The first node on the way around the circle that is accepted; each is asked once. */
  firstWhere(key: Key, accepts: (id: string) => boolean): string | undefined {
    const start = this.#indexFor(hashOf(key));
    const asked = new Set<number>();
    for (let step = 0; asked.size < this.nodes.length; step += 1) {
      const place = this.#places[(start + step) % this.#places.length] as number;
      if (asked.has(place)) continue;
      asked.add(place);
      const id = idAt(this.nodes, place);
      if (accepts(id)) return id;
    }
    return undefined;
  }

  /** What each node owns of the circle, exactly; the sum is 1. */
  shares(): Map<string, number> {
    const owned = new Float64Array(this.nodes.length);
    let before = (this.#points.at(-1) as number) - positions;
    for (const [index, point] of this.#points.entries()) {
      const place = this.#places[index] as number;
      owned[place] = (owned[place] as number) + (point - before);
      before = point;
    }
    return new Map(this.nodes.map(({ id }, place) => [id, (owned[place] as number) / positions]));
  }

  /** The positions of all points, ascending: where one arc ends and the next begins. */
  boundaries(): Uint32Array {
    return this.#points.slice();
  }

  /** The owner of one position, which is the `murmur3` of a key. */
  ownerAt(position: number): string {
    return idAt(this.nodes, this.#places[this.#indexFor(position)] as number);
  }

  /** `hash` is the position, signed or not. */
  #indexFor(hash: number): number {
    const position = hash >>> 0;
    const bucket = position >>> this.#shift;
    let low = this.#starts[bucket] as number;
    let high = this.#starts[bucket + 1] as number;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#points[middle] as number) < position) low = middle + 1;
      else high = middle;
    }
    return low === this.#points.length ? 0 : low;
  }
}

/** How many points each node has. */
function countsOf(nodes: readonly CheckedNode[], virtualNodes: number): readonly number[] {
  const counts = nodes.map(({ weight }) => Math.max(1, Math.round(weight * virtualNodes)));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total > pointsMax) {
    const most = nodes.reduce(
      (best, node, place) => (node.weight > (nodes[best]?.weight ?? 0) ? place : best),
      0,
    );
    const expected = `so small that all nodes have at most ${pointsMax} points together, at ${virtualNodes} for 1`;
    throw invalidOption(`weight of ${idAt(nodes, most)}`, nodes[most]?.weight, expected);
  }
  return counts;
}

/** Counted, by a number since an iterator costs three times as much, and added up. */
function startsOf(points: Uint32Array, bits: number): Uint32Array {
  const starts = new Uint32Array(2 ** bits + 1);
  const shift = 32 - bits;
  for (let index = points.length - 1; index >= 0; index -= 1) {
    const behind = ((points[index] as number) >>> shift) + 1;
    starts[behind] = (starts[behind] as number) + 1;
  }
  let sum = 0;
  for (let bucket = 0; bucket < starts.length; bucket += 1) {
    sum += starts[bucket] as number;
    starts[bucket] = sum;
  }
  return starts;
}
