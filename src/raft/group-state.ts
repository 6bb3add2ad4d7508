/**
 * Everything one group member knows, and the few operations on it that every role needs. The modules beside
 * this one are the roles' behaviour; they are functions over this state, so that each protocol rule stands
 * in one place and can be read beside the paper.
 */
import { assert, Prng, type QuorateError } from '../base/index.ts';
import type { EntryId, HardState, MemberId } from './entry.ts';
import { FollowerReads } from './follower-reads.ts';
import { IndexedReads } from './indexed-reads.ts';
import type { LeaderReads } from './leader-reads.ts';
import type { LevelRange } from './level-range.ts';
import { Memberships } from './memberships.ts';
import type { RaftSettings } from './options.ts';
import { Outbox } from './outbox.ts';
import type { FailedRead, RaftEvent, SnapshotOrder } from './output.ts';
import type { Progress } from './progress.ts';
import { RaftLog } from './raft-log.ts';
import type { Recovered } from './recovered.ts';
import { type Damage, Repair } from './repair.ts';
import type { SnapshotMark } from './snapshot-mark.ts';

interface FollowerRole {
  readonly kind: 'follower';
  /** 0: not known. */
  leader: MemberId;
}

interface PreCandidateRole {
  readonly kind: 'pre-candidate';
  readonly votes: Map<MemberId, boolean>;
}

interface CandidateRole {
  readonly kind: 'candidate';
  /** The own vote enters when it is durable. */
  readonly votes: Map<MemberId, boolean>;
}

export interface LeaderRole {
  readonly kind: 'leader';
  /** The other members; kept equal to the configuration in force, plus those who depart. */
  readonly progress: Map<MemberId, Progress>;
  readonly reads: LeaderReads;
  /** Its first entry, the empty one. Nothing is decided about reads or members before that is committed. */
  readonly first: number;
  transfer: Transfer | undefined;
  /** The commit index of which nobody may be left without a word, and what it becomes with the next tick. */
  dueCommit: number;
  tickedCommit: number;
  uncommittedBytes: number;
  heartbeatTicks: number;
  quorumTicks: number;
  idleTicks: number;
}

interface Transfer {
  readonly to: MemberId;
  ticksLeft: number;
  told: boolean;
}

export type Role = FollowerRole | PreCandidateRole | CandidateRole | LeaderRole;

export class GroupState {
  readonly settings: RaftSettings;
  readonly repair: Repair;
  readonly prng: Prng;
  readonly log: RaftLog;
  readonly memberships: Memberships;
  readonly outbox: Outbox = new Outbox();
  readonly followerReads: FollowerReads;
  term: number;
  vote: MemberId;
  commit: number;
  /** The last index handed out for apply, and the last one that the state machine holds. */
  handedOut: number;
  applied: number;
  role: Role = { kind: 'follower', leader: 0 };
  /** The latest snapshot that the host can stream. */
  snapshot: SnapshotMark | undefined;
  now = 0;
  electionTicks = 0;
  electionTimeout = 0;
  /** Ticks since a leader was heard, or since start: a restarted member no longer knows whom it heard. */
  promiseTicks: number;
  /** The leader that was heard counts on the promise, so nothing but time ends it. */
  promiseBinds: boolean;
  diskTicks = 0;
  quiescent = false;
  /** What the software of the others supports, by what each said last on a connection that is open. */
  readonly announced: Map<MemberId, LevelRange> = new Map();

  // What the next output takes along.
  install: SnapshotMark | undefined;
  /** The last snapshot that was handed out to be restored. */
  installing = 0;
  persistSnapshot: SnapshotMark | undefined;
  compactTo = 0;
  snapshotOrders: SnapshotOrder[] = [];
  events: RaftEvent[] = [];
  readyReads: number[] = [];
  failedReads: FailedRead[] = [];
  /** Reads with a known index, which wait for the state machine. */
  readonly indexedReads: IndexedReads = new IndexedReads();

  constructor(settings: RaftSettings, recovered: Recovered) {
    const { hardState, snapshot } = recovered;
    this.settings = settings;
    this.prng = new Prng(settings.seed);
    this.repair = new Repair(damageOf(recovered), recovered.damaged ? this.prng.uint32() : 0);
    this.log = new RaftLog(recovered.base, recovered.entries);
    this.memberships = new Memberships(recovered.base.index, recovered.configuration);
    this.followerReads = new FollowerReads(this.prng.uint32() * 0x10_0000);
    this.term = hardState.term;
    this.vote = hardState.vote;
    const commit = Math.max(hardState.commit, recovered.applied, recovered.base.index);
    this.commit = recovered.damaged ? Math.min(commit, this.log.lastIndex) : commit;
    this.applied = recovered.applied;
    this.handedOut = recovered.applied;
    this.snapshot = snapshot;
    // Who has never been in any term has never answered a leader.
    this.promiseBinds = hardState.term > 0;
    this.promiseTicks = this.promiseBinds ? 0 : settings.electionTicksMin;
    const { damage } = this.repair;
    if (damage !== 'none') this.events.push({ kind: 'damaged', damage });
    assert(this.commit <= this.log.lastIndex, 'what was committed is in the recovered log');
    assert(this.applied >= recovered.base.index, 'what was compacted is in the state machine');
  }

  get member(): MemberId {
    return this.settings.member;
  }

  /** Its disk lost what it had promised: it neither votes nor campaigns. */
  get damaged(): boolean {
    return this.repair.damage !== 'none';
  }

  /** Agreed and committed: a raise that is only appended may still be lost. 0: not known, on a newcomer. */
  get level(): number {
    const { voters, level } = this.memberships.at(this.commit);
    return voters.length === 0 ? 0 : level;
  }

  get leader(): MemberId {
    if (this.role.kind === 'leader') return this.member;
    return this.role.kind === 'follower' ? this.role.leader : 0;
  }

  get hardState(): HardState {
    return { term: this.term, vote: this.vote, commit: this.commit };
  }

  get isSoleVoter(): boolean {
    const { voters, outgoing } = this.memberships.current;
    return voters.length === 1 && voters[0] === this.member && outgoing.length === 0;
  }

  /** It must not help to elect anyone: a leader was heard, and may rely on our silence (dissertation §4.2.3, §6.4.1). */
  get hasPromised(): boolean {
    return this.promiseTicks < this.settings.electionTicksMin;
  }

  /** And no other way than time, or a leader that hands over, gets it out of that. */
  get isBound(): boolean {
    return this.promiseBinds && this.hasPromised;
  }

  /** The fields that every message carries. */
  envelope(to: MemberId): { group: number; from: MemberId; to: MemberId; term: number } {
    return { group: this.settings.group, from: this.member, to, term: this.term };
  }

  setTerm(term: number, vote: MemberId): void {
    assert(
      term > this.term || (term === this.term && (this.vote === 0 || this.vote === vote)),
      'one vote a term, and terms rise',
    );
    if (term === this.term && vote === this.vote) return;
    if (term > this.term) this.outbox.forgetWaiting();
    this.term = term;
    this.vote = vote;
    this.outbox.markHardState();
  }

  advanceCommit(commit: number): void {
    assert(commit <= this.log.lastIndex, 'what is committed is in the log');
    if (commit > this.commit) this.commit = commit;
  }

  /** A new election timeout, drawn again each time so that split votes do not repeat (Raft §5.2). */
  resetElectionTimer(): void {
    const { electionTicksMin, electionTicksMax, priority } = this.settings;
    const handicap = Math.ceil(((10 - priority) * electionTicksMax) / 10);
    this.electionTicks = 0;
    this.electionTimeout = this.prng.between(electionTicksMin, electionTicksMax) + handicap;
  }

  /** The reads see everything up to `index`; they are served as soon as the state machine holds that. */
  serveReadsAt(index: number, ids: readonly number[]): void {
    if (ids.length === 0) return;
    if (index <= this.applied) this.readyReads.push(...ids);
    else this.indexedReads.add(index, ids, this.settings.electionTicksMax);
  }

  failReads(ids: readonly number[], error: QuorateError): void {
    for (const id of ids) this.failedReads.push({ id, error });
  }

  noteApplied(index: number): void {
    this.applied = Math.max(this.applied, index);
    this.indexedReads.release(this.applied, this.readyReads);
  }

  noteRole(reason: string): void {
    this.events.push({ kind: 'role-changed', role: this.role.kind, term: this.term, reason });
  }

  lastEntry(): EntryId {
    const { index, term } = this.log.last;
    return { index, term };
  }
}

function damageOf({ damaged, voteIntact }: Recovered): Damage {
  if (!damaged) return 'none';
  return voteIntact ? 'entries' : 'vote';
}
