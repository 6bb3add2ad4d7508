/**
 * The follower's side of the log (Raft §5.3, §7): take what follows, refuse what does not fit and say where
 * the logs may agree, install snapshots. Everything at or below the commit index is settled: no message
 * changes it, however late or strange.
 */
import { assert } from '../base/index.ts';
import { decodeConfiguration } from './configuration.ts';
import type { Entry, EntryId, MemberId } from './entry.ts';
import type { GroupState } from './group-state.ts';
import type { Append, Heartbeat, InstallSnapshot } from './messages.ts';
import { askForRepair, noteAgreement } from './repairing.ts';

export function onAppend(state: GroupState, message: Append): void {
  const { previous, entries } = message;
  heardLeader(state, message.lease);
  const end = previous.index + entries.length;
  if (previous.index < state.commit && end <= state.commit) {
    // A late message: all of it is settled already.
    acceptUpTo(state, message.from, state.commit);
    return;
  }
  const known = previous.index < state.commit ? state.commit - previous.index : 0;
  if (known === 0 && !state.log.holds(previous)) {
    reject(state, message.from, previous);
    return;
  }
  const conflict = firstNews(state, entries, known);
  if (conflict !== undefined) appendFrom(state, entries, conflict.index - previous.index - 1);
  state.advanceCommit(Math.min(message.commit, end));
  acceptUpTo(state, message.from, end);
}

export function onHeartbeat(state: GroupState, message: Heartbeat): void {
  const { from, term, commit } = message;
  heardLeader(state, message.lease);
  state.advanceCommit(Math.min(commit, state.log.lastIndex));
  // The leader counts on an acknowledgement whose entries this damaged member has lost.
  if (commit > state.log.lastIndex) reject(state, from, { index: commit, term });
  askForRepair(state, from);
  if (message.quiesceAt !== undefined && mayFallSilent(state, message.quiesceAt)) {
    state.quiescent = true;
    return;
  }
  state.outbox.sendAfterHardState({
    kind: 'heartbeat-reply',
    group: state.settings.group,
    from: state.member,
    to: from,
    term: state.term,
    damaged: state.damaged,
    round: message.round,
  });
}

/** Reads that wait for the leader's answer need the ticks that a silent group does not count; a repair needs the leader. */
function mayFallSilent({ log, commit, followerReads, repair }: GroupState, end: EntryId): boolean {
  if (repair.isUnderWay) return false;
  return log.holds(end) && commit === end.index && log.lastIndex === end.index && followerReads.size === 0;
}

/** The host has the snapshot's bytes. It replaces the log, unless the log already holds what it stands for. */
export function onInstallSnapshot(state: GroupState, message: InstallSnapshot): void {
  const { mark } = message;
  // A snapshot says nothing about leases, so what the leader was promised before stands.
  heardLeader(state, state.promiseBinds);
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
  noteAgreement(state, match);
  const { member, term, damaged } = state;
  const { group } = state.settings;
  state.outbox.sendAfterLog({
    kind: 'append-accepted',
    group,
    from: member,
    to: leader,
    term,
    damaged,
    match,
  });
}

function reject(state: GroupState, leader: MemberId, previous: EntryId): void {
  state.outbox.sendAfterHardState({
    kind: 'append-rejected',
    ...state.envelope(leader),
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
