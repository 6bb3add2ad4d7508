/**
 * What a leader knows of one other member. Three paces: *probe* sends one message and waits, until it is
 * known where the logs agree; *replicate* sends ahead within the bounds of flow control; *snapshot* waits
 * while the host streams a snapshot.
 */
import { assert } from '../base/index.ts';
import type { MemberId } from './entry.ts';
import { Inflight } from './inflight.ts';

export type Pace =
  | { readonly kind: 'probe'; readonly waiting: boolean }
  | { readonly kind: 'replicate' }
  | { readonly kind: 'snapshot'; readonly index: number };

const probing: Pace = { kind: 'probe', waiting: false };
const probed: Pace = { kind: 'probe', waiting: true };
const replicating: Pace = { kind: 'replicate' };

export interface ProgressInit {
  readonly member: MemberId;
  readonly next: number;
  readonly inflightMessagesMax: number;
  readonly inflightBytesMax: number;
}

export class Progress {
  readonly member: MemberId;
  readonly inflight: Inflight;
  /** The greatest commit index that this member was told. */
  toldCommit = 0;
  /** It was heard since the leader last counted its quorum, and in the count before that. */
  recentlyHeard = true;
  heardBefore = true;
  /** Present: it was removed by the entry at this index, and is kept until it knows or the ticks run out. */
  departure: { readonly index: number; ticksLeft: number } | undefined;
  #damaged = false;
  #match = 0;
  /** The same, by replies in which it did not call itself damaged. */
  #countedMatch = 0;
  #countedRound = 0;
  #next: number;
  #pace: Pace = probing;

  constructor(init: ProgressInit) {
    this.member = init.member;
    this.inflight = new Inflight(init.inflightMessagesMax, init.inflightBytesMax);
    this.#next = init.next;
  }

  /** It durably holds the leader's log up to here. */
  get match(): number {
    return this.#match;
  }

  /**
   * Its disk lost what it had promised: it is served, but its word counts towards no quorum. A late reply can
   * belie this for a while; what counts then is only what it said when it was whole.
   */
  get damaged(): boolean {
    return this.#damaged;
  }

  /** What it adds to a quorum that commits. */
  get countedMatch(): number {
    return this.#damaged ? 0 : this.#countedMatch;
  }

  /** What it adds to a quorum that confirms reads. */
  get countedRound(): number {
    return this.#damaged ? 0 : this.#countedRound;
  }

  /** The first index to send. */
  get next(): number {
    return this.#next;
  }

  get pace(): Pace {
    return this.#pace;
  }

  /** A message with entries up to `last` leaves. */
  sent(last: number, bytes: number): void {
    if (this.#pace.kind === 'probe') {
      this.#pace = probed;
      return;
    }
    assert(this.#pace.kind === 'replicate', 'nothing is sent while a snapshot is under way');
    if (bytes > 0) this.inflight.add(last, bytes);
    this.#next = last + 1;
  }

  /** It accepted everything up to `match`. True when that is news. */
  accepted(match: number): boolean {
    const news = match > this.#match;
    if (news) this.#match = match;
    if (!this.#damaged && match > this.#countedMatch) this.#countedMatch = match;
    this.inflight.acknowledge(match);
    this.#next = Math.max(this.#next, match + 1);
    if (this.#pace.kind === 'probe' || (this.#pace.kind === 'snapshot' && this.#match >= this.#pace.index)) {
      this.becomeReplicating();
    }
    return news;
  }

  /** It has nothing equal at `rejected`; the logs may agree at `candidate`. False for a stale rejection. */
  rejected(rejected: number, candidate: number): boolean {
    if (this.#pace.kind === 'snapshot' || rejected <= this.#match) return false;
    if (this.#pace.kind === 'probe' && rejected !== this.#next - 1) return false;
    // While replicating, a rejection means that messages were lost behind the match, not that the logs differ.
    const next = this.#pace.kind === 'probe' ? Math.min(rejected, candidate + 1) : 0;
    this.#probeFrom(Math.max(next, this.#match + 1));
    return true;
  }

  /** It lost entries that it had acknowledged, down to `hint`; the one case in which its match goes back. */
  lost(hint: number): void {
    this.#damaged = true;
    this.#match = Math.min(this.#match, hint);
    this.#countedMatch = 0;
  }

  /** It has what it lost, and will not forget again: what it holds counts as soon as it says so once more. */
  repaired(): void {
    this.#damaged = false;
    if (this.#pace.kind !== 'snapshot') this.becomeProbing();
  }

  /** It answered this round of heartbeats, after whatever it says of its disk in the same reply. */
  answered(round: number): void {
    if (!this.#damaged && round > this.#countedRound) this.#countedRound = round;
  }

  /** What was sent may be lost: find out where it stands. */
  becomeProbing(): void {
    this.#probeFrom(this.#match + 1);
  }

  becomeReplicating(): void {
    this.#pace = replicating;
    this.#next = Math.max(this.#next, this.#match + 1);
    this.inflight.clear();
  }

  becomeSnapshotting(index: number): void {
    this.#pace = { kind: 'snapshot', index };
    this.inflight.clear();
  }

  /** The stream of a snapshot ended. A heartbeat's answer starts the next try, so that failures do not spin. */
  snapshotEnded(delivered: boolean): void {
    if (this.#pace.kind !== 'snapshot') return;
    this.#probeFrom(delivered ? this.#pace.index + 1 : this.#match + 1);
    this.#pace = probed;
  }

  /** A probe may be repeated: a heartbeat was answered, or its message is known to be lost. */
  probeAgain(): void {
    if (this.#pace.kind === 'probe') this.#pace = probing;
  }

  #probeFrom(next: number): void {
    this.#pace = probing;
    this.#next = next;
    this.inflight.clear();
  }
}
