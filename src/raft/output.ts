/**
 * What a step of the core asks of its host. The obligations stand at the fields; everything that must wait
 * for the disk waits inside the core, so that no host can send a message too early.
 */
import type { QuorateError } from '../base/index.ts';
import type { Configuration } from './configuration.ts';
import type { Entry, HardState, MemberId } from './entry.ts';
import type { Message } from './messages.ts';
import type { SnapshotMark } from './snapshot-mark.ts';

export interface Output {
  /**
   * Make durable, in the order of `sequence` over all outputs; then answer `persisted`. Later persists may be
   * issued before earlier ones are answered. If it fails, stop using the group: nothing may follow it.
   */
  readonly persist: Persist | undefined;

  /** May leave at once, also while `persist` is under way. May be lost. */
  readonly messages: readonly Message[];

  /**
   * Restore the state machine from this snapshot, after everything handed out before and before `apply`; then
   * answer `applied` with its index. It is durable in the log by now, and no other one follows before that
   * answer. Whoever crashes in between restores it before starting the group again.
   */
  readonly install: SnapshotMark | undefined;

  /** Committed and durable here. Apply in order, exactly once, after `install`; then answer `applied`, for all or piece by piece. */
  readonly apply: readonly Entry[];

  /** Reads that may be served from the state machine as it is now: it holds everything they must see. */
  readonly reads: readonly number[];

  /** Reads that got no answer; nothing happened. */
  readonly failedReads: readonly FailedRead[];

  /** Stream the latest snapshot to this member, then deliver `install-snapshot` there and answer `snapshot-sent` here. */
  readonly snapshots: readonly SnapshotOrder[];

  /** The log up to this index will not be asked for again: the disk may forget it. 0: nothing new. */
  readonly compactTo: number;

  /**
   * True once, when a member whose disk had lost entries holds everything again, durably. Let the damaged places
   * go and forget durably that there was damage; then answer `made-whole`, where its vote was intact.
   */
  readonly repaired: boolean;

  /** What became of this member, oldest first: for pending proposals, metrics and traces. */
  readonly events: readonly RaftEvent[];
}

export interface Persist {
  readonly sequence: number;
  /** Present when term or vote changed, or when entries make it worth to note the commit index. */
  readonly hardState: HardState | undefined;
  /** Replaces the log from the first one's index on. */
  readonly entries: readonly Entry[];
  /** Replaces the whole log and everything before `entries`. */
  readonly snapshot: SnapshotMark | undefined;
}

export interface FailedRead {
  readonly id: number;
  readonly error: QuorateError;
}

export interface SnapshotOrder {
  readonly to: MemberId;
  readonly mark: SnapshotMark;
}

export type RoleName = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

export type RaftEvent =
  | { readonly kind: 'role-changed'; readonly role: RoleName; readonly term: number; readonly reason: string }
  | { readonly kind: 'leader-changed'; readonly leader: MemberId; readonly term: number }
  | { readonly kind: 'configuration-changed'; readonly index: number; readonly configuration: Configuration }
  | { readonly kind: 'log-truncated'; readonly after: number }
  /** This member begins with a disk that has lost data. */
  | { readonly kind: 'damaged'; readonly damage: 'entries' | 'vote' }
  /** It holds everything again. */
  | { readonly kind: 'repaired'; readonly damage: 'entries' | 'vote'; readonly through: number }
  /** It votes again. */
  | { readonly kind: 'made-whole' }
  /** A member says that its disk lost what it had promised; `match` is what it had acknowledged to this leader. */
  | { readonly kind: 'member-lost-data'; readonly member: MemberId; readonly match: number };
