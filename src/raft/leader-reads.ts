/**
 * Linearizable reads on the leader (dissertation §6.4). A read notes the commit index, and is confirmed by
 * the first round of heartbeats that *began after it arrived* and was answered by a quorum: then no newer
 * leader can have committed anything that the read should have seen. All reads of a turn share one round.
 *
 * The same rounds carry the lease: a quorum that answered a round promised, from when the round was issued, not to vote
 * for a while.
 */
import { Deque } from '../base/index.ts';
import type { MemberId } from './entry.ts';

export interface LeaderRead {
  /** Who asked: this member with a read's id, or a follower with a context. */
  readonly from: MemberId;
  readonly id: number;
  readonly index: number;
}

interface Confirming extends LeaderRead {
  readonly round: number;
}

interface Issued {
  readonly round: number;
  readonly at: number;
}

export class LeaderReads {
  /** Arrived before this leader committed an entry of its own term, when its commit index may still be too low. */
  #early: { readonly from: MemberId; readonly id: number }[] = [];
  /** Await the next round. */
  #fresh: LeaderRead[] = [];
  readonly #confirming = new Deque<Confirming>();
  readonly #issued = new Deque<Issued>();
  #round = 0;
  #confirmedRound = 0;
  #leaseFrom = Number.NEGATIVE_INFINITY;
  #forfeited = false;

  get size(): number {
    return this.#early.length + this.#fresh.length + this.#confirming.size;
  }

  get needsRound(): boolean {
    return this.#fresh.length > 0;
  }

  get round(): number {
    return this.#round;
  }

  /** When the latest round was issued that a quorum has answered; minus infinity when the lease is void. */
  get leaseFrom(): number {
    return this.#leaseFrom;
  }

  addEarly(from: MemberId, id: number): void {
    this.#early.push({ from, id });
  }

  add(read: LeaderRead): void {
    this.#fresh.push(read);
  }

  /** The leader has committed in its own term: those who came early may be served from `index` on. */
  admitEarly(index: number): void {
    if (this.#early.length === 0) return;
    for (const { from, id } of this.#early.splice(0)) this.add({ from, id, index });
  }

  /** Begins a round of heartbeats at `now`, which will confirm every read so far. */
  beginRound(now: number): number {
    this.#round += 1;
    this.#issued.pushBack({ round: this.#round, at: now });
    for (const read of this.#fresh) this.#confirming.pushBack({ ...read, round: this.#round });
    if (this.#fresh.length > 0) this.#fresh = [];
    return this.#round;
  }

  /** A quorum has answered `round`. Returns the reads that this confirms. */
  confirm(round: number): LeaderRead[] {
    if (round <= this.#confirmedRound) return [];
    this.#confirmedRound = round;
    for (
      let issued = this.#issued.front();
      issued !== undefined && issued.round <= round;
      issued = this.#issued.front()
    ) {
      if (!this.#forfeited) this.#leaseFrom = issued.at;
      this.#issued.popFront();
    }
    const confirmed: LeaderRead[] = [];
    for (
      let read = this.#confirming.front();
      read !== undefined && read.round <= round;
      read = this.#confirming.front()
    ) {
      this.#confirming.popFront();
      confirmed.push(read);
    }
    return confirmed;
  }

  /**
   * Gives the lease up for the rest of this leadership. Once a successor was told to campaign, the promises of
   * the others no longer bind them, however late that message arrives.
   */
  forfeitLease(): void {
    this.#forfeited = true;
    this.#leaseFrom = Number.NEGATIVE_INFINITY;
  }

  /** Everything that waits here, which must fail because leadership ended. */
  takeAll(): readonly { readonly from: MemberId; readonly id: number }[] {
    const all = [...this.#early, ...this.#fresh, ...this.#confirming];
    this.#early = [];
    this.#fresh = [];
    this.#confirming.clear();
    return all;
  }
}
