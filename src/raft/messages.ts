/**
 * What members of a group say to each other. Every message names its group, both ends and the sender's term
 * (for a granted pre-vote the term that is asked for). All may be lost, doubled, delayed and reordered.
 */
import type { Entry, EntryId, GroupId, MemberId } from './entry.ts';
import type { SnapshotMark } from './snapshot-mark.ts';

interface Envelope {
  readonly group: GroupId;
  readonly from: MemberId;
  readonly to: MemberId;
  readonly term: number;
}

interface Witness {
  /**
   * True: the sender's disk lost what it had promised, perhaps the vote for a later leader too. It is served,
   * but its word counts towards no quorum.
   */
  readonly damaged: boolean;
}

/** Asks for a vote; a pre-vote only asks whether one would be given, and changes nothing (dissertation §9.6). */
export interface VoteRequest extends Envelope {
  readonly kind: 'vote-request';
  readonly preVote: boolean;
  /** The end of the candidate's log, for the comparison of Raft §5.4.1. */
  readonly last: EntryId;
  /** True after a leader handed over: the promise to that leader does not count. */
  readonly forced: boolean;
}

export interface VoteReply extends Envelope {
  readonly kind: 'vote-reply';
  readonly preVote: boolean;
  readonly granted: boolean;
}

/** Entries that follow `previous`; none of them to probe, or to tell the commit index. */
export interface Append extends Envelope {
  readonly kind: 'append';
  readonly previous: EntryId;
  readonly entries: readonly Entry[];
  readonly commit: number;
  /** True: the leader may serve reads by lease and counts on the receiver not to vote. */
  readonly lease: boolean;
}

/** The sender's log equals the leader's up to `match`, durably. */
export interface AppendAccepted extends Envelope, Witness {
  readonly kind: 'append-accepted';
  readonly match: number;
}

/** The sender's log has nothing equal at `rejected`. */
export interface AppendRejected extends Envelope, Witness {
  readonly kind: 'append-rejected';
  readonly rejected: number;
  /** The last entry of the sender at or before `rejected` whose term is not above the rejected one's. */
  readonly hint: EntryId;
}

export interface Heartbeat extends Envelope {
  readonly kind: 'heartbeat';
  /** Never above what the receiver is known to hold. */
  readonly commit: number;
  /** Numbers the rounds of one leadership; the reply carries it back. */
  readonly round: number;
  readonly lease: boolean;
  /** Present: the group has no work; a receiver whose log ends here falls silent with its leader. */
  readonly quiesceAt?: EntryId;
}

export interface HeartbeatReply extends Envelope, Witness {
  readonly kind: 'heartbeat-reply';
  readonly round: number;
}

/** The state up to `mark` replaces the receiver's log. The host has made its bytes durable before the core sees this. */
export interface InstallSnapshot extends Envelope {
  readonly kind: 'install-snapshot';
  readonly mark: SnapshotMark;
}

/** The leader hands over: campaign at once. */
interface TransferNow extends Envelope {
  readonly kind: 'transfer-now';
}

/** A follower asks up to where it must apply to serve the reads it has gathered under `context`. */
export interface ReadRequest extends Envelope {
  readonly kind: 'read-request';
  readonly context: number;
}

export interface ReadReply extends Envelope {
  readonly kind: 'read-reply';
  readonly context: number;
  readonly index: number;
}

/** A member whose disk has lost entries asks what it must hold to be whole again. */
export interface RepairRequest extends Envelope {
  readonly kind: 'repair-request';
  readonly context: number;
}

/** The sender leads, and its log ends at `index`. */
export interface RepairReply extends Envelope {
  readonly kind: 'repair-reply';
  readonly context: number;
  readonly index: number;
}

export type Message =
  | VoteRequest
  | VoteReply
  | Append
  | AppendAccepted
  | AppendRejected
  | Heartbeat
  | HeartbeatReply
  | InstallSnapshot
  | TransferNow
  | ReadRequest
  | ReadReply
  | RepairRequest
  | RepairReply;
