/**
 * The transitions between roles, each in the only place where it happens (Raft, figure 4). Whatever a role
 * holds beyond its own life, such as reads that wait for an answer, is settled here when the role ends.
 */
import { assert } from '../base/index.ts';
import type { MemberId } from './entry.ts';
import type { GroupState, LeaderRole } from './group-state.ts';
import { adoptConfiguration } from './leader-members.ts';
import { LeaderReads } from './leader-reads.ts';
import { readLost } from './refusals.ts';
import { appendAsLeader } from './replication.ts';

/** Follows `leader` (0: nobody yet) in `term`, which is this member's own or a newer one. */
export function becomeFollower(state: GroupState, term: number, leader: MemberId, reason: string): void {
  assert(term >= state.term, 'terms do not fall');
  const before = state.role;
  const knew = state.leader;
  const isNewTerm = term > state.term;
  if (isNewTerm) state.setTerm(term, 0);
  if (before.kind === 'leader') endLeadership(state, before);
  if (before.kind === 'follower' && !isNewTerm) before.leader = leader;
  else state.role = { kind: 'follower', leader };
  if (before.kind !== 'follower' || isNewTerm) {
    state.resetElectionTimer();
    state.noteRole(reason);
  }
  if (leader !== knew) {
    state.events.push({ kind: 'leader-changed', leader, term });
    state.failReads(state.followerReads.takeAll(), readLost(state.settings.group, 'the leader changed'));
  }
  state.quiescent = false;
}

/** Asks whether an election could be won, without disturbing anyone: term and vote stay (dissertation §9.6). */
export function becomePreCandidate(state: GroupState, reason: string): void {
  assert(state.role.kind !== 'leader', 'a leader steps down before it campaigns');
  loseLeader(state);
  state.role = { kind: 'pre-candidate', votes: new Map([[state.member, true]]) };
  state.resetElectionTimer();
  state.noteRole(reason);
}

/** Raft §5.2: a new term, the own vote first. It counts once it is durable. */
export function becomeCandidate(state: GroupState, reason: string): void {
  assert(state.role.kind !== 'leader', 'a leader steps down before it campaigns');
  assert(!state.damaged, 'a member that may have forgotten a vote does not campaign');
  loseLeader(state);
  state.setTerm(state.term + 1, state.member);
  state.role = { kind: 'candidate', votes: new Map() };
  state.resetElectionTimer();
  state.noteRole(reason);
}

/** Won: takes up the others' progress and begins with an empty entry of its own term (Raft §8). */
export function becomeLeader(state: GroupState): void {
  assert(state.role.kind === 'candidate', 'only a candidate wins');
  assert(state.outbox.hardStateDurable, 'a leader has its own vote durably');
  const role: LeaderRole = {
    kind: 'leader',
    progress: new Map(),
    reads: new LeaderReads(),
    first: state.log.lastIndex + 1,
    transfer: undefined,
    dueCommit: 0,
    tickedCommit: 0,
    uncommittedBytes: 0,
    heartbeatTicks: 0,
    quorumTicks: 0,
    idleTicks: 0,
  };
  state.role = role;
  state.diskTicks = 0;
  // Whatever it had promised to the leader before it ended with this election.
  state.promiseTicks = state.settings.electionTicksMin;
  adoptConfiguration(state, role);
  appendAsLeader(state, role, 'empty', new Uint8Array(0));
  state.noteRole('won the election');
  state.events.push({ kind: 'leader-changed', leader: state.member, term: state.term });
}

function loseLeader(state: GroupState): void {
  if (state.leader === 0) return;
  state.events.push({ kind: 'leader-changed', leader: 0, term: state.term });
  state.failReads(state.followerReads.takeAll(), readLost(state.settings.group, 'the leader was lost'));
}

function endLeadership(state: GroupState, role: LeaderRole): void {
  const own = role.reads.takeAll().filter((read) => read.from === state.member);
  state.failReads(
    own.map((read) => read.id),
    readLost(state.settings.group, 'this member no longer leads'),
  );
}
