/**
 * The follower's side of the log (Raft §5.3, §7): take what follows, refuse what does not fit and say where
 * the logs may agree, install snapshots. Everything at or below the commit index is settled: no message
 * changes it, however late or strange.
 */
import { assert } from '../base/index.ts';
import { decodeConfiguration } from './configuration.ts';
import type { Entry, MemberId } from './entry.ts';
import type { GroupState } from './group-state.ts';
import type { Append, Heartbeat, InstallSnapshot } from './messages.ts';

/** Returns why the message cannot be true, if so. */
export function onAppend(state: GroupState, message: Append): string | undefined {
  const { previous, entries } = message;
  heardLeader(state, message.lease);
  const end = previous.index + entries.length;
  if (previous.index < state.commit && end <= state.commit) {
    // A late message: all of it is settled already.
    acceptUpTo(state, message.from, state.commit);
    return undefined;
  }
  const known = previous.index < state.commit ? state.commit - previous.index : 0;
  if (known === 0 && !state.log.holds(previous)) {
    reject(state, message);
    return undefined;
  }
  const conflict = firstNews(state, entries, known);
  if (conflict !== undefined && conflict.index <= state.commit) {
    return `entry ${conflict.index} of term ${conflict.term} contradicts what is committed`;
  }
  if (conflict !== undefined) appendFrom(state, entries, conflict.index - previous.index - 1);
  state.advanceCommit(Math.max(state.commit, Math.min(message.commit, end)));
  acceptUpTo(state, message.from, end);
  return undefined;
}

export function onHeartbeat(state: GroupState, message: Heartbeat): string | undefined {
  heardLeader(state, message.lease);
  if (message.commit > state.log.lastIndex) {
    // The leader remembers an acknowledgement that this log does not hold: a probe will show where it stands.
    if (!state.damaged)
      return `commit index ${message.commit} lies behind the log, which ends at ${state.log.lastIndex}`;
  } else {
    state.advanceCommit(Math.max(state.commit, message.commit));
  }
  const { quiesceAt } = message;
  if (
    quiesceAt !== undefined &&
    state.log.holds(quiesceAt) &&
    state.commit === quiesceAt.index &&
    state.log.lastIndex === quiesceAt.index
  ) {
    state.quiescent = true;
    return undefined;
  }
  state.outbox.sendAfterHardState({
    kind: 'heartbeat-reply',
    ...state.envelope(message.from),
    round: message.round,
  });
  return undefined;
}

/** The host has the snapshot's bytes. It replaces the log, unless the log already holds what it stands for. */
export function onInstallSnapshot(state: GroupState, message: InstallSnapshot): void {
  const { mark } = message;
  heardLeader(state, false);
  if (mark.index <= state.commit) {
    acceptUpTo(state, message.from, state.commit);
    return;
  }
  if (state.log.holds(mark)) {
    state.advanceCommit(mark.index);
    acceptUpTo(state, message.from, mark.index);
    return;
  }
  state.log.reset(mark);
  state.memberships.reset(mark.index, mark.configuration);
  state.advanceCommit(mark.index);
  state.snapshot = mark;
  state.handedOut = mark.index;
  state.install = mark;
  state.persistSnapshot = mark;
  state.outbox.markLog();
  state.events.push({ kind: 'configuration-changed', index: mark.index, configuration: mark.configuration });
  acceptUpTo(state, message.from, mark.index);
}

/** Index and term of the first entry that the log does not hold; the first `known` are committed and not looked at. */
function firstNews(state: GroupState, entries: readonly Entry[], known: number): Entry | undefined {
  for (let at = known; at < entries.length; at += 1) {
    const entry = entries[at] as Entry;
    if (!state.log.holds(entry)) return entry;
  }
  return undefined;
}

/** Takes the entries from place `from` on; only a real conflict erases anything (Raft, figure 2, AppendEntries 3). */
function appendFrom(state: GroupState, entries: readonly Entry[], from: number): void {
  const first = entries[from] as Entry;
  if (first.index <= state.log.lastIndex) {
    assert(first.index > state.commit, 'what is committed is never erased');
    state.log.truncateAfter(first.index - 1);
    state.events.push({ kind: 'log-truncated', after: first.index - 1 });
    if (state.memberships.truncateAfter(first.index - 1)) noteConfiguration(state);
  }
  for (let at = from; at < entries.length; at += 1) {
    const entry = entries[at] as Entry;
    state.log.append(entry);
    if (entry.kind === 'configuration') {
      state.memberships.append(entry.index, decodeConfiguration(entry.data));
      noteConfiguration(state);
    }
  }
  state.outbox.markLog();
}

function noteConfiguration(state: GroupState): void {
  const { index, current } = state.memberships;
  state.events.push({ kind: 'configuration-changed', index, configuration: current });
}

function acceptUpTo(state: GroupState, leader: MemberId, match: number): void {
  state.outbox.sendAfterLog({ kind: 'append-accepted', ...state.envelope(leader), match });
}

function reject(state: GroupState, { from, previous }: Append): void {
  state.outbox.sendAfterHardState({
    kind: 'append-rejected',
    ...state.envelope(from),
    rejected: previous.index,
    hint: state.log.lastNotAbove(previous.index, previous.term),
    damaged: state.damaged,
  });
}

/** A leader of the present term was heard: the promise not to vote begins anew (dissertation §4.2.3). */
function heardLeader(state: GroupState, lease: boolean): void {
  state.promiseTicks = 0;
  state.promiseBinds = lease;
  state.electionTicks = 0;
}
