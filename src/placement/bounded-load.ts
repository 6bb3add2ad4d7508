/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam 2018): a ring on which no node holds
 * more than its share of the keys times a factor. A key goes to the first node on its way around the circle that has
 * room, so most keys are where the ring alone would have them. It counts what it has placed; where each key went is
 * for its owner to remember.
 */
import { invalidOption } from '../base/index.ts';
import type { Key } from './key.ts';
import type { Placement, PlacementNode } from './placement.ts';
import { checkCount } from './placement.ts';
import { RingPlacement } from './ring.ts';

export interface BoundedLoadOptions {
  /** Points of a node of weight 1 on the ring; 100 unless given, since the bound does the balancing. */
  readonly virtualNodes?: number;
  /** What a node may hold, against its share of all by weight: more than 1; 1.25 unless given. */
  readonly factor?: number;
}

export class BoundedLoadPlacement implements Placement {
  readonly nodes: readonly PlacementNode[];
  readonly factor: number;
  readonly #ring: RingPlacement;
  readonly #shares = new Map<string, number>();
  readonly #loads = new Map<string, number>();
  #load = 0;

  constructor(
    nodes: readonly PlacementNode[],
    { virtualNodes = 100, factor = 1.25 }: BoundedLoadOptions = {},
  ) {
    if (typeof factor !== 'number' || !(factor > 1 && factor < Number.POSITIVE_INFINITY)) {
      throw invalidOption('factor', factor, 'a finite number above 1');
    }
    this.#ring = new RingPlacement(nodes, { virtualNodes });
    this.nodes = this.#ring.nodes;
    this.factor = factor;
    const total = this.#ring.nodes.reduce((sum, { weight }) => sum + weight, 0);
    for (const { id, weight } of this.#ring.nodes) {
      this.#shares.set(id, weight / total);
      this.#loads.set(id, 0);
    }
  }

  /** Where the key would go now. */
  owner(key: Key): string {
    // One node at least is below its share of what will then be there, so one always has room.
    return this.#ring.firstWhere(key, (id) => this.#hasRoom(id)) as string;
  }

  /** Those with room in the order of the circle, then those without. */
  owners(key: Key, count: number): string[] {
    checkCount(count, this.nodes);
    const around = this.#ring.owners(key, this.nodes.length);
    const withRoom = around.filter((id) => this.#hasRoom(id));
    return [...withRoom, ...around.filter((id) => !this.#hasRoom(id))].slice(0, count);
  }

  /** Puts the key on its owner, which is told, and counts it there. */
  place(key: Key): string {
    const id = this.owner(key);
    this.#loads.set(id, this.loadOf(id) + 1);
    this.#load += 1;
    return id;
  }

  /** One of the keys that were placed on the node is there no longer. */
  release(id: string): void {
    const load = this.loadOf(id);
    if (load === 0) throw invalidOption('id', id, 'a node that holds a key');
    this.#loads.set(id, load - 1);
    this.#load -= 1;
  }

  /** How many keys the node holds. */
  loadOf(id: string): number {
    const load = this.#loads.get(id);
    if (load === undefined) throw invalidOption('id', id, 'the id of one of the nodes');
    return load;
  }

  /** The most that a node may hold when one key more is there than now. */
  capacityOf(id: string): number {
    const share = this.#shares.get(id);
    if (share === undefined) throw invalidOption('id', id, 'the id of one of the nodes');
    return Math.ceil(this.factor * share * (this.#load + 1));
  }

  #hasRoom(id: string): boolean {
    return this.loadOf(id) < this.capacityOf(id);
  }
}
