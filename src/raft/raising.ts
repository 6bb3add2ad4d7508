/**
 * The leader's part in levels: it hears what the others' software supports, and raises the group's level when
 * all of them can follow.
 */
import type { MemberId } from './entry.ts';
import type { GroupState, LeaderRole } from './group-state.ts';
import { wake } from './heartbeats.ts';
import { appendConfiguration } from './leader-members.ts';
import type { LevelRange } from './level-range.ts';
import { canRise } from './levels.ts';
import { allMembers, isJoint } from './quorum.ts';

/** A member says on a connection that is open what its software supports, or the last such connection is gone. */
export function onAnnounced(state: GroupState, member: MemberId, levels: LevelRange | undefined): void {
  if (levels === undefined) state.announced.delete(member);
  else state.announced.set(member, levels);
  if (state.quiescent && state.role.kind === 'leader' && canRise(state)) wake(state);
}

/**
 * One level at a time, and like any other change: none before an entry of the own term is committed, and none
 * while another one is pending. Called when it is known who was heard since the last count.
 */
export function raiseLevel(state: GroupState, role: LeaderRole): void {
  const { current, index } = state.memberships;
  if (current.level >= state.settings.levelMax || !canRise(state)) return;
  if (index > state.commit || state.commit < role.first || isJoint(current)) return;
  if (role.transfer !== undefined || !areAllHere(state, role)) return;
  appendConfiguration(state, role, { ...current, level: current.level + 1 });
}

/** An old connection may still look alive; nobody answers on it. */
function areAllHere({ memberships, member }: GroupState, role: LeaderRole): boolean {
  return allMembers(memberships.current).every((other) => {
    const progress = role.progress.get(other);
    return other === member || (progress?.recentlyHeard === true && progress.pace.kind === 'replicate');
  });
}
