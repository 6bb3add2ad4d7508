/**
 * A member of a cluster that gossips, as its program sees it: who else is there, what changes, and what it wants to
 * say of itself. It is a view from here: two members may differ for a moment, and nothing may be decided by it that
 * two must not decide at once. That is what consensus is for.
 */
import type { Duration } from '../base/index.ts';
import type { Member, MemberMetadata } from '../gossip/index.ts';
import type { OffsetEstimate } from '../time/index.ts';
import type { MissedEvents } from './change-stream.ts';
import type { MembershipCounters } from './counters.ts';
import type { GossipKey } from './key-ring.ts';
import type { MembershipEvent, MembershipListener } from './membership-events.ts';
import type { PartitionView } from './partition-sense.ts';

export interface Membership extends AsyncDisposable {
  readonly id: string;
  /** Where the others find this member. */
  readonly address: string;
  /** Everybody known, this member and the dead that are still remembered too, by id. The same array until it changes. */
  readonly members: readonly Member[];
  /** Those of them that are healthy or suspect, this one among them. The same array until it changes. */
  readonly live: readonly Member[];
  member(id: string): Member | undefined;

  /** How far this clock and those of the others are apart, by what their pings tell. */
  readonly clocks: OffsetEstimate;
  readonly counters: MembershipCounters;
  /** How many times slower than usual this member judges others, because it finds itself in trouble: 1 is none. */
  readonly localHealth: number;

  /** Which side of a partition this is, if any; absent without the option `partition`. */
  readonly partition: PartitionView | undefined;

  /** For what only one side of a partition may do. Throws `partitioned` on the side that gave way; never without the option `partition`. */
  assertWhole(): void;

  /** For what may be done with old data as well. Throws `partitioned` on a side that gave way and was to stop. */
  assertReadable(): void;

  /** Says, here alone, that a member which is not seen is gone for good: verdicts no longer count it as lost. */
  forgetLost(id: string): void;

  /** Hears of each change in the turn in which it is noticed, until disposed. A listener that throws is counted and logged. */
  subscribe(listener: MembershipListener): Disposable;

  /**
   * The changes from now on at the reader’s pace, until the member is closed. When more wait than `changesMax`, they
   * are let go of and one `missed` comes in their place: then look at `members`. Rejects with the signal’s reason.
   */
  changes(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<MembershipEvent | MissedEvents>;

  /** Waits until `holds` is true of `members`, now or after a change; `closed` when the member ends before that. */
  until(
    holds: (members: readonly Member[]) => boolean,
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly Member[]>;

  /** Replaces what this member says of itself, and tells everybody. */
  setMetadata(metadata: MemberMetadata): void;

  /** Seals with the first of these keys and opens with any, from the next packet on. */
  setKeys(keys: readonly GossipKey[] | 'none'): void;

  /**
   * Says goodbye, so that nobody suspects a failure, and closes when that has been told or the time is over. The
   * signal ends the wait and not the leaving. May be called twice.
   */
  leave(options?: LeaveOptions): Promise<void>;

  /** Closes at once, without a word: the others will find this member dead. May be called twice. */
  close(): Promise<void>;

  /** Aborts when this member had to stop by itself, with the reason: a mistake in this package or a broken promise of a port. */
  readonly failed: AbortSignal;
}

export interface LeaveOptions {
  /** How long the goodbye may take. Default 5 s. */
  readonly timeout?: Duration;
  readonly signal?: AbortSignal;
}
