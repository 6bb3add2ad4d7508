/**
 * Levels: how a group moves from one release to the next without a member that misunderstands another. What only
 * new releases understand belongs to a level. The group's level stands in its configuration, so it is agreed,
 * logged, rolled back and kept in snapshots as that is; the leader raises it by one when every member has said
 * that its software can follow. A command of a level is taken only when that level is committed: then it stands
 * behind the raise in every log, and whoever cannot follow has stopped there.
 *
 * What a leader has heard of a member may have become wrong since. That costs no safety: a member which was
 * taken back to an older release refuses the raise and stops, and the others are as many as agreed to it.
 */
import type { QuorateError } from '../base/index.ts';
import { type Configuration, decodeConfiguration } from './configuration.ts';
import type { MemberId } from './entry.ts';
import type { GroupState, LeaderRole } from './group-state.ts';
import { type LevelRange, levelUnsupported, supportsLevel } from './level-range.ts';
import type { RaftSettings } from './options.ts';
import { allMembers, isVoter } from './quorum.ts';
import type { Recovered } from './recovered.ts';
import { type HeldBack, levelTooLow } from './refusals.ts';

/** Why a configuration that arrives cannot be followed; older ones are on the way to the present one. */
export function levelFault(
  { group, levelMin, levelMax }: RaftSettings,
  { level }: Configuration,
): QuorateError<'level-unsupported'> | undefined {
  if (level <= levelMax) return undefined;
  return levelUnsupported(`group ${group}`, level, { least: levelMin, most: levelMax });
}

/** Throws when a log is of a level that this release does not know, or that it no longer knows how to leave. */
export function checkRecoveredLevels(settings: RaftSettings, recovered: Recovered): void {
  const { group, member, levelMin, levelMax } = settings;
  const range = { least: levelMin, most: levelMax };
  const logged = recovered.entries
    .filter((entry) => entry.kind === 'configuration')
    .map((entry) => decodeConfiguration(entry.data));
  const { snapshot, configuration } = recovered;
  const known = snapshot === undefined ? [configuration] : [configuration, snapshot.configuration];
  for (const { level } of [...known, ...logged])
    if (level > levelMax) throw levelUnsupported(`the log of group ${group}`, level, range);
  const last = logged.at(-1) ?? configuration;
  // Who is not a voter yet may still be on its way through what is old.
  if (last.level < levelMin && isVoter(last, member))
    throw levelUnsupported(`the log of group ${group}`, last.level, range);
}

/** Every member's software supports the next level, as far as they have said. */
export function canRise({ memberships, settings, member, announced }: GroupState): boolean {
  const { current } = memberships;
  const next = current.level + 1;
  if (next > settings.levelMax) return false;
  return allMembers(current).every((other) => {
    const levels = announced.get(other);
    return other === member || (levels !== undefined && supportsLevel(levels, next));
  });
}

/** Why a command that needs a level is not taken, with those who have to do something first. */
export function levelRefusal(
  state: GroupState,
  role: LeaderRole,
  needed: number,
): QuorateError<'level-too-low'> {
  const { settings, level } = state;
  return levelTooLow({ group: settings.group, needed, level }, heldBack(state, role, needed));
}

/** Both empty: the level is about to rise, or a member that was heard a moment ago has yet to say what it supports. */
function heldBack(
  { memberships, settings, member, announced }: GroupState,
  { progress }: LeaderRole,
  needed: number,
): HeldBack {
  const { current } = memberships;
  const next = current.level + 1;
  const own: LevelRange = { least: settings.levelMin, most: settings.levelMax };
  const unfit: MemberId[] = [];
  const silent: MemberId[] = [];
  for (const other of allMembers(current)) {
    const levels = other === member ? own : announced.get(other);
    const heard = progress.get(other);
    if (levels !== undefined) {
      if (levels.most < needed || levels.least > next) unfit.push(other);
    } else if (heard?.recentlyHeard !== true && heard?.heardBefore !== true) silent.push(other);
  }
  return { unfit, silent };
}
