/**
 * Rendezvous, or highest random weight (Thaler and Ravishankar 1998; with weights by Mosberger's logarithm): every
 * node scores every key, the best owns it. It balances exactly by weight and moves nothing without need, at a cost
 * that grows with the number of nodes; from some hundred on a ring or Maglev is faster.
 */
import type { Key } from './key.ts';
import { hashOf, mixed } from './murmur3.ts';
import { naturalLogarithm } from './natural-logarithm.ts';
import {
  type CheckedNode,
  checkCount,
  idAt,
  nodesById,
  type Placement,
  type PlacementNode,
} from './placement.ts';

/** Two hashes of one id with these seeds tell apart nodes that agree in one of them. */
const otherSeed = 0x9747_b28c;

export class RendezvousPlacement implements Placement {
  readonly nodes: readonly CheckedNode[];
  readonly #masks: Int32Array;
  readonly #shifts: Int32Array;
  readonly #weights: Float64Array;
  /** Without weights the hash orders nodes as its logarithm would. */
  readonly #isEqual: boolean;

  constructor(nodes: readonly PlacementNode[]) {
    this.nodes = nodesById(nodes);
    this.#masks = Int32Array.from(this.nodes, ({ id }) => hashOf(id));
    this.#shifts = Int32Array.from(this.nodes, ({ id }) => hashOf(id, otherSeed));
    this.#weights = Float64Array.from(this.nodes, ({ weight }) => weight);
    this.#isEqual = this.nodes.every(({ weight }) => weight === this.nodes[0]?.weight);
  }

  owner(key: Key): string {
    const hash = hashOf(key);
    let best = 0;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let place = 0; place < this.nodes.length; place += 1) {
      const score = this.#score(hash, place);
      if (score > bestScore) {
        best = place;
        bestScore = score;
      }
    }
    return idAt(this.nodes, best);
  }

  owners(key: Key, count: number): string[] {
    checkCount(count, this.nodes);
    const hash = hashOf(key);
    return this.nodes
      .map((_, place) => ({ place, score: this.#score(hash, place) }))
      .sort((left, right) => right.score - left.score || left.place - right.place)
      .slice(0, count)
      .map(({ place }) => idAt(this.nodes, place));
  }

  #score(hash: number, place: number): number {
    const mixture = mixed(
      Math.imul(hash ^ (this.#masks[place] as number), 0x9e37_79b1) + (this.#shifts[place] as number),
    );
    const drawn = mixture >>> 0;
    if (this.#isEqual) return drawn;
    return (this.#weights[place] as number) / -naturalLogarithm((drawn + 0.5) / 0x1_0000_0000);
  }
}
