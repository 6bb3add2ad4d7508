/**
 * What a message may not contradict: what is committed here, who leads the term, who belongs to the group.
 * Only a bug, a wiped disk or a stranger sends such a message, so it is refused before it has changed anything,
 * the term included.
 */
import type { GroupState } from './group-state.ts';
import type { Append, Message } from './messages.ts';

/** What is wrong with a message that is sound in itself, if so. What comes from an old term is void anyway. */
export function contradiction(state: GroupState, message: Message): string | undefined {
  if (message.term < state.term) return undefined;
  switch (message.kind) {
    case 'append':
      return rivalry(state, message) ?? contradictionInLog(state, message);
    case 'heartbeat':
      return rivalry(state, message) ?? overcommitment(state, message.commit);
    case 'install-snapshot':
      return rivalry(state, message) ?? contradictionAt(state, message.mark.index, message.mark.term);
    case 'transfer-now':
    case 'read-reply':
    case 'repair-reply':
      return rivalry(state, message);
    case 'append-accepted':
      return strangeness(state, message) ?? overacceptance(state, message);
    case 'append-rejected':
    case 'heartbeat-reply':
    case 'read-request':
    case 'repair-request':
      return strangeness(state, message);
    default:
      return undefined;
  }
}

/** Two leaders in one term, or one who speaks for the leader. */
function rivalry({ term, leader }: GroupState, message: Message): string | undefined {
  if (message.term > term || leader === 0 || leader === message.from) return undefined;
  return `it claims to lead term ${term}, which member ${leader} leads`;
}

function contradictionInLog(state: GroupState, { previous, entries }: Append): string | undefined {
  const { commit, log } = state;
  if (previous.index > commit) return undefined;
  const fault = contradictionAt(state, previous.index, previous.term);
  if (fault !== undefined) return fault;
  // Below the base nothing is known any more, and behind the commit index nothing is settled yet.
  const first = Math.max(0, log.base.index - previous.index);
  const end = Math.min(entries.length, commit - previous.index);
  for (let place = first; place < end; place += 1) {
    const entry = entries[place];
    if (entry !== undefined && !log.holds(entry)) return contradictionAt(state, entry.index, entry.term);
  }
  return undefined;
}

function contradictionAt({ commit, log }: GroupState, index: number, term: number): string | undefined {
  if (index > commit || index < log.base.index || log.term(index) === term) return undefined;
  return `entry ${index} of term ${term} contradicts what is committed, which has term ${log.term(index)}`;
}

/** The leader remembers an acknowledgement that this log does not hold. */
function overcommitment({ damaged, log }: GroupState, commit: number): string | undefined {
  if (damaged || commit <= log.lastIndex) return undefined;
  return `commit index ${commit} lies behind the log, which ends at ${log.lastIndex}`;
}

function strangeness({ role, term }: GroupState, { from, term: sent }: Message): string | undefined {
  if (role.kind !== 'leader' || sent > term || role.progress.has(from)) return undefined;
  return 'its sender is not a member of the group';
}

/** A reply of this term tells of entries that this leader sent, so it cannot be ahead of its log. */
function overacceptance(
  { role, term, log }: GroupState,
  { term: sent, match }: Extract<Message, { kind: 'append-accepted' }>,
): string | undefined {
  if (role.kind !== 'leader' || sent > term || match <= log.lastIndex) return undefined;
  return `it holds ${match}, which was never sent`;
}
