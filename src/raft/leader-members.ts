/**
 * Changing the members of a group, on the leader (Raft §6; dissertation §4). One change at a time, and none
 * before an entry of the own term is committed: otherwise leaders of two terms could append different
 * changes to one parent, and both could commit with majorities that do not meet (Ongaro, raft-dev 2015).
 */
import { leaveJoint, type MembershipChange, planChange } from './change.ts';
import { type Configuration, encodeConfiguration } from './configuration.ts';
import type { Entry, MemberId } from './entry.ts';
import type { GroupState, LeaderRole } from './group-state.ts';
import type { Verdict } from './input.ts';
import { Progress } from './progress.ts';
import { allMembers, isJoint } from './quorum.ts';
import { acceptedAt, changeRefused, notCaughtUp, refused } from './refusals.ts';
import { appendAsLeader } from './replication.ts';

export function proposeChange(
  state: GroupState,
  role: LeaderRole,
  changes: readonly MembershipChange[],
): Verdict {
  const obstacle = obstacleToChange(state, role);
  if (obstacle !== undefined) return refused(changeRefused(state.settings.group, obstacle));
  const late = changes.find(({ kind, member }) => kind === 'promote' && !hasCaughtUp(state, role, member));
  if (late !== undefined) return refused(notCaughtUp(state.settings.group, late.member));
  const planned = planChange(state.memberships.current, changes);
  if (!planned.ok) return refused(planned.error);
  return acceptedAt(appendConfiguration(state, role, planned.next));
}

function obstacleToChange(state: GroupState, role: LeaderRole): string | undefined {
  if (state.commit < role.first)
    return 'its leader has not committed an entry of its own term yet; try again';
  if (state.memberships.index > state.commit)
    return 'another change is not committed yet; try again when it is';
  if (role.transfer !== undefined) return 'leadership is being transferred; ask the next leader';
  return undefined;
}

function hasCaughtUp(state: GroupState, role: LeaderRole, member: MemberId): boolean {
  const progress = role.progress.get(member);
  // A member that is not known here is refused by the plan, with a better reason.
  if (progress === undefined) return true;
  const lag = state.log.lastIndex - progress.countedMatch;
  if (progress.damaged) return false;
  return (
    progress.recentlyHeard && progress.pace.kind === 'replicate' && lag <= state.settings.promotionLagMax
  );
}

/** Once the configuration in force is committed: leaves a joint one, and sees the leader out that has no vote in it. */
export function settleConfiguration(state: GroupState, role: LeaderRole): 'stay' | 'step-down' {
  const { current, index } = state.memberships;
  if (index > state.commit || state.commit < role.first) return 'stay';
  if (isJoint(current)) {
    appendConfiguration(state, role, leaveJoint(current));
    return 'stay';
  }
  return current.voters.includes(state.member) ? 'stay' : 'step-down';
}

/** Takes the configuration in force up in the leader's view of the others. */
export function adoptConfiguration(state: GroupState, role: LeaderRole): void {
  const { current, index } = state.memberships;
  const members = new Set(allMembers(current));
  members.delete(state.member);
  for (const member of members) {
    const known = role.progress.get(member);
    if (known === undefined) role.progress.set(member, newProgress(state, member));
    else known.departure = undefined;
  }
  for (const progress of role.progress.values()) {
    if (members.has(progress.member) || progress.departure !== undefined) continue;
    // It is served a little longer, so that it learns of its removal instead of campaigning against it.
    progress.departure = { index, ticksLeft: state.settings.electionTicksMax };
  }
}

/** Lets go of removed members that know, or that did not answer in time. */
export function tickDepartures(role: LeaderRole): void {
  for (const { member, departure, toldCommit } of role.progress.values()) {
    if (departure === undefined) continue;
    departure.ticksLeft -= 1;
    if (departure.ticksLeft <= 0 || toldCommit >= departure.index) role.progress.delete(member);
  }
}

function newProgress(state: GroupState, member: MemberId): Progress {
  const { inflightMessagesMax, inflightBytesMax } = state.settings;
  return new Progress({ member, next: state.log.lastIndex + 1, inflightMessagesMax, inflightBytesMax });
}

/** A configuration is in force on its leader at once. */
export function appendConfiguration(state: GroupState, role: LeaderRole, next: Configuration): Entry {
  const entry = appendAsLeader(state, role, 'configuration', encodeConfiguration(next));
  state.memberships.append(entry.index, next);
  adoptConfiguration(state, role);
  state.events.push({ kind: 'configuration-changed', index: entry.index, configuration: next });
  return entry;
}
