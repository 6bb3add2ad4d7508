/**
 * The leader's side of the log (Raft §5.3, §5.4.2): append, send ahead, learn from replies, commit. Messages
 * are built once per turn, when the output is taken, so that everything a turn brought shares them.
 */
import { assert } from '../base/index.ts';
import type { Entry, EntryKind } from './entry.ts';
import type { GroupState, LeaderRole } from './group-state.ts';
import type { AppendAccepted, AppendRejected, HeartbeatReply } from './messages.ts';
import type { Progress } from './progress.ts';
import { reachedByQuorum } from './quorum.ts';
import { entryBytes } from './raft-log.ts';

export function appendAsLeader(
  state: GroupState,
  role: LeaderRole,
  kind: EntryKind,
  data: Uint8Array,
): Entry {
  const entry: Entry = { index: state.log.lastIndex + 1, term: state.term, kind, data };
  state.log.append(entry);
  state.outbox.markLog();
  role.uncommittedBytes += entryBytes(entry);
  role.idleTicks = 0;
  return entry;
}

/** The commit index that a quorum's durable logs allow. Only an entry of the own term is committed by counting (Raft, figure 8). */
export function quorumCommit(state: GroupState, role: LeaderRole): number {
  const reached = reachedByQuorum(state.memberships.current, (member) =>
    member === state.member ? state.log.durable : (role.progress.get(member)?.countedMatch ?? 0),
  );
  if (!Number.isFinite(reached) || reached <= state.commit) return state.commit;
  return state.log.term(reached) === state.term ? reached : state.commit;
}

/** Notes what became committed; frees the bytes that it held against the bound on proposals. */
export function commitAsLeader(state: GroupState, role: LeaderRole, commit: number): void {
  for (let index = Math.max(state.commit + 1, role.first); index <= commit; index += 1) {
    role.uncommittedBytes -= entryBytes(state.log.entry(index));
  }
  const { index } = state.memberships;
  // Who is no longer needed goes when it has heard of that, and this leader may be one of them.
  if (index > state.commit && index <= commit) role.dueCommit = commit;
  state.advanceCommit(commit);
  assert(role.uncommittedBytes >= 0, 'no more is committed than was appended');
  if (state.commit >= role.first) role.reads.admitEarly(state.commit);
}

export function onAppendAccepted(state: GroupState, role: LeaderRole, reply: AppendAccepted): void {
  heardFrom(state, role, reply)?.accepted(reply.match);
}

export function onAppendRejected(state: GroupState, role: LeaderRole, reply: AppendRejected): void {
  const progress = heardFrom(state, role, reply);
  if (progress === undefined) return;
  const { hint, rejected, damaged } = reply;
  if (damaged) progress.lost(hint.index);
  // Where the follower has nothing above the hint's term, nothing above it can be equal here either.
  progress.rejected(rejected, state.log.lastNotAbove(hint.index, hint.term).index);
}

export function onHeartbeatReply(state: GroupState, role: LeaderRole, reply: HeartbeatReply): void {
  const progress = heardFrom(state, role, reply);
  if (progress === undefined || reply.round > role.reads.round) return;
  progress.answered(reply.round);
  progress.probeAgain();
  // What was sent last may have been lost, with nothing behind it that would show the gap: an empty message does.
  const { next, match, inflight, pace } = progress;
  const isStuck = match < state.log.lastIndex && (inflight.isFull || next > state.log.lastIndex);
  // Behind the base there is nothing to compare with; the end of this turn orders a snapshot.
  if (pace.kind === 'replicate' && isStuck && next > state.log.base.index) sendAppend(state, progress, []);
}

/** The latest round of heartbeats that a quorum has answered. */
export function quorumRound(state: GroupState, role: LeaderRole): number {
  return reachedByQuorum(state.memberships.current, (member) =>
    member === state.member ? role.reads.round : (role.progress.get(member)?.countedRound ?? 0),
  );
}

/** Sends to every member what it lacks, as far as its flow control allows. Entries take the commit index along. */
export function sendAppends(state: GroupState, role: LeaderRole): void {
  const due = state.settings.lazyCommit ? Math.min(role.dueCommit, state.commit) : state.commit;
  for (const progress of role.progress.values()) sendTo(state, progress, due);
}

function sendTo(state: GroupState, progress: Progress, dueCommit: number): void {
  const { log, settings } = state;
  const { pace } = progress;
  if (pace.kind === 'snapshot' || (pace.kind === 'probe' && pace.waiting)) return;
  if (progress.next <= log.base.index) {
    orderSnapshot(state, progress);
    return;
  }
  if (pace.kind === 'probe') {
    sendAppend(state, progress, log.slice(progress.next, settings.appendBytesMax));
    return;
  }
  while (progress.next <= log.lastIndex && !progress.inflight.isFull) {
    sendAppend(state, progress, log.slice(progress.next, settings.appendBytesMax));
  }
  if (Math.min(dueCommit, progress.match) > progress.toldCommit) sendAppend(state, progress, []);
}

function sendAppend(state: GroupState, progress: Progress, entries: readonly Entry[]): void {
  const previousIndex = progress.next - 1;
  const last = previousIndex + entries.length;
  const previous = { index: previousIndex, term: state.log.term(previousIndex) as number };
  // Spelled out, since this is the one message that leaves thousands of times a second.
  state.outbox.send({
    kind: 'append',
    group: state.settings.group,
    from: state.member,
    to: progress.member,
    term: state.term,
    previous,
    entries,
    commit: state.commit,
    lease: state.settings.leaseReads,
  });
  let bytes = 0;
  for (const entry of entries) bytes += entryBytes(entry);
  progress.sent(last, bytes);
  progress.toldCommit = Math.max(progress.toldCommit, Math.min(state.commit, last));
}

/** The log no longer reaches back to where the follower is. */
function orderSnapshot(state: GroupState, progress: Progress): void {
  const { snapshot } = state;
  // Between a restart and the first snapshot there may be none to send: then the follower waits.
  if (snapshot === undefined || snapshot.index < state.log.base.index) return;
  progress.becomeSnapshotting(snapshot.index);
  state.snapshotOrders.push({ to: progress.member, mark: snapshot });
}

function heardFrom(
  state: GroupState,
  role: LeaderRole,
  { from, damaged }: AppendAccepted | AppendRejected | HeartbeatReply,
): Progress | undefined {
  const progress = role.progress.get(from);
  if (progress === undefined) return undefined;
  progress.recentlyHeard = true;
  if (damaged && !progress.damaged) {
    const { match } = progress;
    state.events.push({ kind: 'member-lost-data', member: from, match });
    progress.lost(match);
  } else if (!damaged && progress.damaged) {
    progress.repaired();
  }
  return progress;
}
