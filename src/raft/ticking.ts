/**
 * What time brings: elections, heartbeats, the leader's doubts about itself. A leader that no quorum answers
 * steps down, because clients behind it would wait for ever (check-quorum, dissertation §6.2); so does one whose
 * disk hangs, because it could neither commit nor let go.
 */
import { campaign, mayCampaign } from './election.ts';
import type { GroupState, LeaderRole } from './group-state.ts';
import { quiesceWhenIdle, sendRound } from './heartbeats.ts';
import { tickDepartures } from './leader-members.ts';
import type { Progress } from './progress.ts';
import { voteResult } from './quorum.ts';
import { raiseLevel } from './raising.ts';
import { tickReads } from './reads.ts';
import { callForRepair } from './repairing.ts';
import { becomeFollower } from './roles.ts';

export function onTick(state: GroupState): void {
  state.diskTicks = state.outbox.isPersisting ? state.diskTicks + 1 : 0;
  if (state.quiescent) return;
  tickReads(state);
  if (state.role.kind === 'leader') tickLeader(state, state.role);
  else tickFollower(state);
}

function tickFollower(state: GroupState): void {
  if (state.promiseTicks < state.settings.electionTicksMin) state.promiseTicks += 1;
  state.electionTicks += 1;
  if (!isElectionDue(state)) return;
  if (mayCampaign(state)) campaign(state, 'heard no leader', false);
  else callForRepair(state);
}

function isElectionDue(state: GroupState): boolean {
  const { role, memberships, settings } = state;
  // Its campaign has not begun before its own vote is durable; a new one would only keep the disk busy.
  if (role.kind === 'candidate' && !state.outbox.hardStateDurable) return false;
  // A single voter has nobody to wait for, unless the leader that made it so may still hold a lease.
  if (state.isSoleVoter && memberships.index <= state.commit) return true;
  // One of priority 0 leads only on request; what it calls for when it is damaged is its repair.
  if (settings.priority === 0 && !state.isSoleVoter && !state.damaged) return false;
  return state.electionTicks >= state.electionTimeout && !state.isBound;
}

function tickLeader(state: GroupState, role: LeaderRole): void {
  const { settings } = state;
  if (state.diskTicks >= settings.diskStallTicksMax) {
    becomeFollower(state, state.term, 0, 'the disk does not answer');
    return;
  }
  role.quorumTicks += 1;
  if (role.quorumTicks >= settings.electionTicksMax) raiseLevel(state, role);
  if (role.quorumTicks >= settings.electionTicksMax && !checkQuorum(state, role)) {
    becomeFollower(state, state.term, 0, 'no quorum answers');
    return;
  }
  tickTransfer(role);
  tickDepartures(role);
  role.dueCommit = Math.max(role.dueCommit, role.tickedCommit);
  role.tickedCommit = state.commit;
  role.heartbeatTicks += 1;
  if (role.heartbeatTicks >= settings.heartbeatTicks) sendRound(state, role);
  quiesceWhenIdle(state, role);
}

/** Was a quorum heard since the last count? */
function checkQuorum(state: GroupState, role: LeaderRole): boolean {
  role.quorumTicks = 0;
  const heard = voteResult(
    state.memberships.current,
    (member) => member === state.member || isHelping(role.progress.get(member)),
  );
  for (const progress of role.progress.values()) {
    progress.heardBefore = progress.recentlyHeard;
    progress.recentlyHeard = false;
  }
  return heard === 'won';
}

function isHelping(progress: Progress | undefined): boolean {
  return progress?.recentlyHeard === true && !progress.damaged;
}

/** A successor that does not take over in time is given up, so that proposals flow again. */
function tickTransfer(role: LeaderRole): void {
  if (role.transfer === undefined) return;
  role.transfer.ticksLeft -= 1;
  if (role.transfer.ticksLeft <= 0) role.transfer = undefined;
}
