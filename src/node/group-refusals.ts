/** What a group on this node answers when it cannot serve: not now, not any more, or not at all. */
import { QuorateError } from '../base/index.ts';
import type { GroupId } from '../raft/index.ts';

export function groupRestoring(group: GroupId): QuorateError<'read-lost'> {
  const reason = 'a snapshot is taking the place of its state';
  return new QuorateError({
    code: 'read-lost',
    message: `group ${group} cannot be read on this node now: ${reason}; read again, or ask another member`,
    data: { group, reason },
  });
}

export function groupClosed(group: GroupId): QuorateError<'closed'> {
  const what = `group ${group}`;
  return new QuorateError({ code: 'closed', message: `${what} is closed on this node`, data: { what } });
}

export function nothingToHear(group: GroupId): QuorateError<'not-watchable'> {
  return new QuorateError({
    code: 'not-watchable',
    message: `the state machine of group ${group} tells nobody of changes; read it instead`,
    data: { group },
  });
}

/** Whoever asked does not wait any more, so it is not begun. */
export function overdue(lateMs: number): QuorateError<'deadline-exceeded'> {
  const milliseconds = Math.ceil(lateMs);
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `the deadline of a request passed ${milliseconds} ms before it could be served; nothing was applied`,
    data: { milliseconds },
    outcome: 'not-applied',
  });
}

export function unknownGroup(group: GroupId): QuorateError<'unknown-group'> {
  return new QuorateError({
    code: 'unknown-group',
    message: `this node hosts no group ${group}`,
    data: { group },
  });
}
