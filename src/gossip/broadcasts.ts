/**
 * The news that this node sends on. There is one piece at most about each member, because a newer one says all that
 * the older did; what was sent least goes first, and of those the one that waits longest; and after as many times as
 * everybody is sure to have heard it, it is dropped. So the queue is no longer than the list of members, and what it
 * costs does not depend on who else is talking.
 */
import type { ByteWriter } from '../base/index.ts';

interface Broadcast {
  readonly id: string;
  readonly bytes: Uint8Array;
  sent: number;
}

/** Pieces that do not fit into what is left of a packet, after which no smaller one is looked for. */
const missesMax = 8;

export class Broadcasts {
  /** By how often they were sent; each in the order in which they came there. */
  readonly #tiers: Map<string, Broadcast>[] = [];
  readonly #byId = new Map<string, Broadcast>();

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Replaces what was to be said of the same member. */
  put(id: string, bytes: Uint8Array): void {
    this.drop(id);
    const broadcast: Broadcast = { id, bytes, sent: 0 };
    this.#byId.set(id, broadcast);
    this.#tier(0).set(id, broadcast);
  }

  drop(id: string): void {
    const broadcast = this.#byId.get(id);
    if (broadcast === undefined) return;
    this.#tier(broadcast.sent).delete(id);
    this.#byId.delete(id);
  }

  /** Writes what fits below `bytesMax` behind what is in the packet, each piece once; those sent `limit` times are done. */
  fill(writer: ByteWriter, bytesMax: number, limit: number): void {
    let misses = 0;
    // Counted afterwards: a piece that moves one tier up at once would be met there again.
    const taken: Broadcast[] = [];
    for (const tier of this.#tiers) {
      for (const broadcast of tier.values()) {
        if (misses >= missesMax) break;
        if (writer.length + broadcast.bytes.length > bytesMax) misses += 1;
        else {
          writer.raw(broadcast.bytes);
          taken.push(broadcast);
        }
      }
    }
    for (const broadcast of taken) this.#count(broadcast, limit);
  }

  #count(broadcast: Broadcast, limit: number): void {
    this.#tier(broadcast.sent).delete(broadcast.id);
    broadcast.sent += 1;
    if (broadcast.sent >= limit) this.#byId.delete(broadcast.id);
    else this.#tier(broadcast.sent).set(broadcast.id, broadcast);
  }

  #tier(sent: number): Map<string, Broadcast> {
    while (this.#tiers.length <= sent) this.#tiers.push(new Map());
    return this.#tiers[sent] as Map<string, Broadcast>;
  }
}
