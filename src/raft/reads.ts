/** Linearizable reads, on the leader and through it (dissertation §6.4): who may answer, with which index, and when. */
import type { MemberId } from './entry.ts';
import type { GroupState, LeaderRole } from './group-state.ts';
import type { Verdict } from './input.ts';
import type { LeaderRead } from './leader-reads.ts';
import type { ReadReply, ReadRequest } from './messages.ts';
import { leaseMs } from './options.ts';
import { accepted, busy, notLeader, readLost, refused } from './refusals.ts';
import { quorumRound } from './replication.ts';

export function onRead(state: GroupState, id: number, mode: 'quorum' | 'lease'): Verdict {
  const { group, readsMax } = state.settings;
  const { role, followerReads, indexedReads } = state;
  if (role.kind !== 'leader' && state.leader === 0) return refused(notLeader(group, 0));
  const unconfirmed = role.kind === 'leader' ? role.reads.size : followerReads.size;
  if (unconfirmed + indexedReads.size >= readsMax) return refused(busy(group, 'waiting reads', readsMax));
  if (role.kind === 'leader') readAsLeader(state, role, state.member, id, mode);
  else followerReads.add(id);
  return accepted;
}

/** A follower asks; it is answered as if the read had been made here. At the bound it hears nothing and gives up by itself. */
export function onReadRequest(state: GroupState, role: LeaderRole, request: ReadRequest): void {
  if (role.reads.size >= state.settings.readsMax || !role.progress.has(request.from)) return;
  readAsLeader(state, role, request.from, request.context, 'quorum');
}

export function onReadReply(state: GroupState, reply: ReadReply): void {
  state.serveReadsAt(reply.index, state.followerReads.answered(reply.context));
}

/** The questions that a follower gathered in this turn, as one. */
export function askLeader(state: GroupState): void {
  if (!state.followerReads.hasGathered || state.leader === 0) return;
  const context = state.followerReads.ask(state.settings.electionTicksMax);
  state.outbox.send({ kind: 'read-request', ...state.envelope(state.leader), context });
}

export function tickReads(state: GroupState): void {
  const { group } = state.settings;
  const late = state.followerReads.tick();
  if (late.length > 0) state.failReads(late, readLost(group, 'the leader did not answer in time'));
  const behind = state.indexedReads.tick(state.commit);
  if (behind.length > 0) state.failReads(behind, readLost(group, 'this log did not reach its index in time'));
}

/** Answers what the latest rounds have confirmed. */
export function confirmReads(state: GroupState, role: LeaderRole): void {
  const round = Math.min(quorumRound(state, role), role.reads.round);
  for (const read of role.reads.confirm(round)) answer(state, read);
}

function readAsLeader(
  state: GroupState,
  role: LeaderRole,
  from: MemberId,
  id: number,
  mode: 'quorum' | 'lease',
): void {
  // Until an entry of its own term is committed, the leader may not know of everything that was (§6.4 step 1).
  if (state.commit < role.first) {
    role.reads.addEarly(from, id);
    return;
  }
  const read: LeaderRead = { from, id, index: state.commit };
  if (state.isSoleVoter || (mode === 'lease' && holdsLease(state, role))) answer(state, read);
  else role.reads.add(read);
}

function holdsLease(state: GroupState, role: LeaderRole): boolean {
  return state.settings.leaseReads && state.now < role.reads.leaseFrom + leaseMs(state.settings);
}

function answer(state: GroupState, { from, id, index }: LeaderRead): void {
  if (from === state.member) {
    state.serveReadsAt(index, [id]);
    return;
  }
  // It cannot serve the read before it knows that all of it is committed.
  if (state.role.kind === 'leader') state.role.dueCommit = Math.max(state.role.dueCommit, index);
  const reply: ReadReply = { kind: 'read-reply', ...state.envelope(from), context: id, index };
  state.outbox.send(reply);
}
