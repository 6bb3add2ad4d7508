/**
 * The members as this node believes them to be, itself among them. Every change of a belief goes through `put`, which
 * holds it to the rule that beliefs only grow, and keeps what depends on it: whom to probe, a fingerprint of who lives
 * for comparing whole views at the price of four bytes, and who has been dead for longest, to be forgotten first.
 */
import { assert, assertFigures, crc32, type Prng } from '../base/index.ts';
import type { MemberContent } from './claim.ts';
import { isLive, type Member, type MemberStatus, statusRank } from './member.ts';
import { decodeMetadata } from './metadata.ts';
import { ProbeOrder } from './probe-order.ts';

/** A member with what the core keeps beside it. */
export interface Believed extends Member {
  /** The metadata as it travels. */
  readonly content: MemberContent;
  /** The incarnation in which the member told its content; below `incarnation` when only others have spoken since. */
  readonly contentIncarnation: number;
  /** Of the id, for the fingerprint. */
  readonly hash: number;
}

export class Roster {
  #self: Believed;
  readonly #members = new Map<string, Believed>();
  readonly #order: ProbeOrder;
  /** Who is dead or has left, the longest first. */
  readonly #gone = new Map<string, Believed>();
  #fingerprint = 0;

  constructor(self: Believed, random: Prng) {
    this.#self = self;
    this.#order = new ProbeOrder(random);
    this.#members.set(self.id, self);
    this.#fingerprint = fingerprintOf(self);
  }

  get members(): ReadonlyMap<string, Believed> {
    return this.#members;
  }

  get order(): ProbeOrder {
    return this.#order;
  }

  get self(): Believed {
    return this.#self;
  }

  /** Who lives, this node among them. */
  get liveCount(): number {
    return this.#order.size + 1;
  }

  get goneCount(): number {
    return this.#gone.size;
  }

  /** The same in two views in which the same members live, in the same incarnations and under the same suspicions. */
  get fingerprint(): number {
    return this.#fingerprint;
  }

  /** The dead and those who left, the longest first. */
  gone(): IterableIterator<Believed> {
    return this.#gone.values();
  }

  /** Asserts that the belief grows. */
  put(next: Believed): void {
    const before = this.#members.get(next.id);
    if (before !== undefined) assertGrows(before, next);
    const wasLive = before !== undefined && isLive(before.status);
    const lives = isLive(next.status);
    this.#members.set(next.id, next);
    if (wasLive) this.#fingerprint ^= fingerprintOf(before);
    if (lives) this.#fingerprint ^= fingerprintOf(next);
    this.#fingerprint >>>= 0;
    if (next.id === this.#self.id) {
      this.#self = next;
      return;
    }
    if (lives && !wasLive) this.#order.add(next.id);
    if (wasLive && !lives) this.#order.remove(next.id);
    this.#gone.delete(next.id);
    if (!lives) this.#gone.set(next.id, next);
  }

  /** Anybody but this node. */
  forget(id: string): Believed {
    const member = this.#members.get(id);
    assert(member !== undefined && id !== this.self.id, 'who is forgotten is another one and was known');
    if (isLive(member.status)) {
      this.#fingerprint = (this.#fingerprint ^ fingerprintOf(member)) >>> 0;
      this.#order.remove(id);
    }
    this.#gone.delete(id);
    this.#members.delete(id);
    return member;
  }
}

/** Refuses metadata that is none; copies what it keeps of the packet. */
export function believed(
  id: string,
  incarnation: number,
  status: MemberStatus,
  content: MemberContent,
  nowMs: number,
): Believed {
  const kept = { address: content.address, metadata: content.metadata.slice() };
  return {
    id,
    address: kept.address,
    incarnation,
    status,
    metadata: decodeMetadata(kept.metadata),
    sinceMs: nowMs,
    content: kept,
    contentIncarnation: incarnation,
    hash: crc32(encoder.encode(id)),
  };
}

/** Incarnation first, then status. */
function assertGrows(before: Believed, next: Believed): void {
  assertFigures(
    next.incarnation >= before.incarnation,
    'an incarnation never goes back',
    next.incarnation,
    before.incarnation,
  );
  const grows = next.incarnation > before.incarnation || statusRank(next.status) >= statusRank(before.status);
  assert(grows, 'in one incarnation a status never goes back');
}

/** Sums of these by exclusive or depend on no order; each bit of the three figures stirs all of the result. */
function fingerprintOf({ hash, incarnation, status }: Believed): number {
  let mixed = hash ^ Math.imul((incarnation % 0x1_0000_0000) | 0, 0x9e37_79b1);
  mixed ^= Math.imul(Math.floor(incarnation / 0x1_0000_0000) * 4 + statusRank(status) + 1, 0x85eb_ca77);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb_352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846c_a68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const encoder = new TextEncoder();
