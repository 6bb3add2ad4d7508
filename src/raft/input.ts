/**
 * Everything that can happen to a group member. `now` is the host's monotonic clock in milliseconds, read
 * after the event that the input tells of: a value read earlier would let a lease outlive a pause.
 */
import type { QuorateError } from '../base/index.ts';
import type { MembershipChange } from './change.ts';
import type { EntryId, MemberId } from './entry.ts';
import type { LevelRange } from './level-range.ts';
import type { Message } from './messages.ts';

export type Input =
  /** At most once per `tickMs` of the host's clock. */
  | { readonly kind: 'tick'; readonly now: number }
  | { readonly kind: 'receive'; readonly message: Message }
  /**
   * Commands for the log, in order. All are taken or none. `level`: they are for members of this level only, and
   * refused below it. Default 1.
   */
  | { readonly kind: 'propose'; readonly commands: readonly Uint8Array[]; readonly level?: number }
  /** One agreed change of members, through a joint configuration where it takes one. */
  | { readonly kind: 'change'; readonly changes: readonly MembershipChange[] }
  /** A linearizable read; `id` comes back in `reads` or `failedReads`, exactly once. */
  | { readonly kind: 'read'; readonly id: number; readonly mode: 'quorum' | 'lease'; readonly now: number }
  /** Hand leadership to a voter. */
  | { readonly kind: 'transfer'; readonly to: MemberId }
  /** Campaign now, with a pre-vote first. */
  | { readonly kind: 'campaign' }
  /** The persist with this number, and all before it, are durable. */
  | { readonly kind: 'persisted'; readonly sequence: number }
  /** The state machine holds everything up to this index. */
  | { readonly kind: 'applied'; readonly index: number }
  /** A snapshot of the state at `index` is durable; the log before it is no longer needed here. */
  | { readonly kind: 'snapshot-taken'; readonly index: number }
  /** The stream to a member ended. On success its own reply tells how far it is. */
  | { readonly kind: 'snapshot-sent'; readonly to: MemberId; readonly delivered: boolean }
  /** Followers that have not heard by now that the log is committed up to here are to be told (`lazyCommit`). */
  | { readonly kind: 'tell-commit'; readonly index: number }
  /**
   * What a member's software supports, as it says itself on a connection that is open now; `undefined` when none
   * is. A word that is older than that must not be given.
   */
  | { readonly kind: 'announced'; readonly member: MemberId; readonly levels: LevelRange | undefined }
  /** The connection to a member broke. Messages may be lost; if it is the leader, it may be dead. */
  | { readonly kind: 'unreachable'; readonly member: MemberId }
  /** The answer to `repaired`: a restart would find nothing missing and no damage. From here on this member votes again. */
  | { readonly kind: 'made-whole' }
  /** The host's event loop stood still for so long. */
  | { readonly kind: 'stalled'; readonly stallMs: number };

/** What became of an input. For proposals and changes `entry` names the first entry that was appended. */
export type Verdict =
  | { readonly accepted: true; readonly entry: EntryId }
  | { readonly accepted: false; readonly error: QuorateError };
