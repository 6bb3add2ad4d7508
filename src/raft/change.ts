/**
 * From one configuration to the next. Two configurations that differ in at most one voter share a member in
 * any two majorities, so one entry suffices; everything else goes through a joint configuration (Raft §6).
 * Pure: whether a change may be made now is the leader's question.
 */
import { invalidOption, type QuorateError } from '../base/index.ts';
import { type Configuration, detailsBytesMax, type MemberDetails } from './configuration.ts';
import type { MemberId } from './entry.ts';
import { allMembers, isJoint, isMember } from './quorum.ts';

export type MembershipChange =
  /** A learner becomes a voter, once it has caught up. */
  | { readonly kind: 'promote'; readonly member: MemberId }
  /** A newcomer receives the log and does not count. */
  | { readonly kind: 'add-learner'; readonly member: MemberId; readonly details?: Uint8Array }
  /** The host has something else to say of a member. */
  | { readonly kind: 'describe'; readonly member: MemberId; readonly details: Uint8Array }
  /** A voter becomes a learner. */
  | { readonly kind: 'demote'; readonly member: MemberId }
  | { readonly kind: 'remove'; readonly member: MemberId };

/** With its details a configuration of so many still is a small entry and a short header of a snapshot. */
const membersMax = 64;

type Planned =
  | { readonly ok: true; readonly next: Configuration }
  | { readonly ok: false; readonly error: QuorateError };

/** The configuration to append next, or why there is none. */
export function planChange(current: Configuration, changes: readonly MembershipChange[]): Planned {
  if (isJoint(current))
    return refused('changes', changes, 'made after the joint configuration has been left');
  const voters = new Set(current.voters);
  const learners = new Set(current.learners);
  const details = new Map(current.details.map(({ member, bytes }) => [member, bytes]));
  const touched = new Set<MemberId>();
  for (const change of changes) {
    const { kind, member } = change;
    const problem = touched.has(member) ? 'named once' : misfit(current, change);
    if (problem !== undefined) return refused(`${kind} member`, member, problem);
    touched.add(member);
    if ('details' in change && change.details !== undefined) details.set(member, change.details.slice());
    if (kind === 'describe') continue;
    learners.delete(member);
    if (kind === 'promote') voters.add(member);
    else voters.delete(member);
    if (kind === 'add-learner' || kind === 'demote') learners.add(member);
  }
  if (touched.size === 0) return refused('changes', changes, 'at least one change');
  if (voters.size === 0) return refused('changes', changes, 'such that at least one voter remains');
  if (voters.size + learners.size > membersMax)
    return refused('changes', changes, `such that at most ${membersMax} members are there`);
  const next = transition(current, sorted(voters), sorted(learners));
  return { ok: true, next: { ...next, details: detailsIn(next, details) } };
}

/** Who is still a member has details: while joint that is also who is about to leave. */
function detailsIn(
  configuration: Configuration,
  details: ReadonlyMap<MemberId, Uint8Array>,
): MemberDetails[] {
  return allMembers(configuration).flatMap((member) => {
    const bytes = details.get(member);
    return bytes === undefined ? [] : [{ member, bytes }];
  });
}

/** Why `change` does not fit a member's present part, if so. */
function misfit(current: Configuration, change: MembershipChange): string | undefined {
  const { kind, member } = change;
  if (!Number.isSafeInteger(member) || member < 1) return 'an identity: a whole number from 1 to 2^53 - 1';
  if ('details' in change && (change.details?.length ?? 0) > detailsBytesMax)
    return `described in at most ${detailsBytesMax} bytes`;
  switch (kind) {
    case 'promote':
      return current.learners.includes(member) ? undefined : 'a learner; add it as one first';
    case 'demote':
      return current.voters.includes(member) ? undefined : 'a voter';
    case 'remove':
    case 'describe':
      return isMember(current, member) ? undefined : 'a member';
    case 'add-learner':
      return isMember(current, member) ? 'new to the group' : undefined;
  }
}

function transition(current: Configuration, voters: MemberId[], learners: MemberId[]): Configuration {
  const moved =
    voters.filter((member) => !current.voters.includes(member)).length +
    current.voters.filter((member) => !voters.includes(member)).length;
  if (moved <= 1) return { ...current, voters, learners };
  // A demoted voter still votes in the outgoing half, so it becomes a learner only when that half is left.
  return {
    ...current,
    voters,
    outgoing: current.voters,
    learners: learners.filter((member) => !current.voters.includes(member)),
    learnersNext: learners.filter((member) => current.voters.includes(member)),
  };
}

/** The plain configuration behind a joint one. */
export function leaveJoint(joint: Configuration): Configuration {
  const plain = {
    ...joint,
    outgoing: [],
    learners: sorted(new Set([...joint.learners, ...joint.learnersNext])),
    learnersNext: [],
  };
  return { ...plain, details: plain.details.filter(({ member }) => isMember(plain, member)) };
}

function refused(option: string, value: unknown, expected: string): Planned {
  return { ok: false, error: invalidOption(option, value, expected) };
}

function sorted(members: Set<MemberId>): MemberId[] {
  return [...members].sort((a, b) => a - b);
}
