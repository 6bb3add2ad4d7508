/** The errors with which a group refuses an input. Each says what to do next; none of them changes anything. */
import { QuorateError } from '../base/index.ts';
import { type EntryId, type GroupId, type MemberId, noEntry } from './entry.ts';
import type { Verdict } from './input.ts';

export const accepted: Verdict = { accepted: true, entry: noEntry };

export function acceptedAt(entry: EntryId): Verdict {
  return { accepted: true, entry };
}

export function refused(error: QuorateError): Verdict {
  return { accepted: false, error };
}

export function notLeader(group: GroupId, leader: MemberId): QuorateError<'not-leader'> {
  const where = leader === 0 ? 'no leader is known; wait for the election' : `ask member ${leader}`;
  return new QuorateError({
    code: 'not-leader',
    message: `this member does not lead group ${group}: ${where}`,
    data: { group, leader },
  });
}

export function busy(group: GroupId, what: string, limit: number): QuorateError<'group-busy'> {
  return new QuorateError({
    code: 'group-busy',
    message: `group ${group} holds its limit of ${limit} ${what}; slow down and try again`,
    data: { group, what, limit },
  });
}

export function notCaughtUp(group: GroupId, member: MemberId): QuorateError<'not-caught-up'> {
  return new QuorateError({
    code: 'not-caught-up',
    message: `learner ${member} of group ${group} has not caught up with the log; try again when it has`,
    data: { group, member },
  });
}

export function changeRefused(group: GroupId, reason: string): QuorateError<'change-refused'> {
  return new QuorateError({
    code: 'change-refused',
    message: `group ${group} cannot change its members now: ${reason}`,
    data: { group, reason },
  });
}

/** Members that keep the group from a level for longer than a moment. */
export interface HeldBack {
  /** Their software has said that it cannot follow. */
  readonly unfit: readonly MemberId[];
  /** Nobody has heard them for two counts, so nobody can say what they will run. */
  readonly silent: readonly MemberId[];
}

/**
 * With nobody who holds it back the level is about to rise, and trying again soon will do. Otherwise somebody has to
 * install something, which no caller is to wait for.
 */
export function levelTooLow(
  { group, needed, level }: { readonly group: GroupId; readonly needed: number; readonly level: number },
  { unfit, silent }: HeldBack,
): QuorateError<'level-too-low'> {
  const isRising = unfit.length + silent.length === 0;
  const told = [
    `a command is for level ${needed}, and group ${group} is at level ${level}`,
    ...(unfit.length > 0 ? [`of a release that does not know it: ${membersNamed(unfit)}`] : []),
    ...(silent.length > 0 ? [`not heard of: ${membersNamed(silent)}`] : []),
    isRising
      ? `try again when every member has said that its release supports level ${needed}`
      : `install a release that supports level ${needed} on every member, start those that are down or remove them`,
  ];
  return new QuorateError({
    code: 'level-too-low',
    message: told.join('; '),
    data: { group, needed, level, unfit, silent },
    retryable: isRising,
  });
}

function membersNamed(members: readonly MemberId[]): string {
  return members.length === 1 ? `member ${members.join()}` : `members ${members.join(', ')}`;
}

export function readLost(group: GroupId, reason: string): QuorateError<'read-lost'> {
  return new QuorateError({
    code: 'read-lost',
    message: `a read of group ${group} got no answer: ${reason}; read again`,
    data: { group, reason },
  });
}

export function messageRefused(
  group: GroupId,
  from: MemberId,
  reason: string,
): QuorateError<'message-refused'> {
  return new QuorateError({
    code: 'message-refused',
    message: `group ${group} refused a message from member ${from}: ${reason}`,
    data: { group, from, reason },
  });
}

export function transferRefused(
  group: GroupId,
  to: MemberId,
  reason: string,
): QuorateError<'transfer-refused'> {
  return new QuorateError({
    code: 'transfer-refused',
    message: `leadership of group ${group} cannot go to member ${to}: ${reason}`,
    data: { group, to, reason },
  });
}

export function commandTooLarge(bytes: number, limit: number): QuorateError<'command-too-large'> {
  return new QuorateError({
    code: 'command-too-large',
    message: `a command has ${bytes} bytes, above the limit of ${limit}; split it, or raise commandBytesMax on every member`,
    data: { bytes, limit },
  });
}
