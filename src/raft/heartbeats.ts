/**
 * Rounds of heartbeats, and when a group may do without. A round keeps followers quiet, tells them the commit
 * index, confirms reads and renews the lease. A group without work falls silent with all its members; the
 * host's own sign of life between nodes then stands for all silent groups, and whoever it fails is told
 * `unreachable`.
 */
import type { EntryId } from './entry.ts';
import type { GroupState, LeaderRole } from './group-state.ts';
import type { Input } from './input.ts';
import { canRise } from './levels.ts';
import type { Heartbeat, Message } from './messages.ts';
import { isJoint } from './quorum.ts';
import { confirmReads } from './reads.ts';

export function sendRound(state: GroupState, role: LeaderRole, quiesceAt?: EntryId): void {
  const round = role.reads.beginRound(state.now);
  role.heartbeatTicks = 0;
  for (const progress of role.progress.values()) {
    const commit = Math.min(state.commit, progress.match);
    progress.toldCommit = Math.max(progress.toldCommit, commit);
    // Spelled out, as with entries: to spread an object costs more than all the rest of a round.
    const heartbeat: Heartbeat = {
      kind: 'heartbeat',
      group: state.settings.group,
      from: state.member,
      to: progress.member,
      term: state.term,
      commit,
      round,
      lease: state.settings.leaseReads,
    };
    state.outbox.send(quiesceAt === undefined ? heartbeat : { ...heartbeat, quiesceAt });
  }
  // A leader that is the only voter is its own quorum.
  confirmReads(state, role);
}

/** A message wakes before it is taken, since it may be the very one that lets the group fall silent. */
export function wakes(input: Input): boolean {
  const { kind } = input;
  return ![
    'tick',
    'receive',
    'persisted',
    'applied',
    'snapshot-taken',
    'announced',
    'tell-commit',
    'stalled',
    'made-whole',
  ].includes(kind);
}

/** Something happened: the group takes its heartbeats up again. */
export function wake(state: GroupState): void {
  state.quiescent = false;
  state.electionTicks = 0;
  if (state.role.kind !== 'leader') return;
  state.role.idleTicks = 0;
  state.role.quorumTicks = 0;
  sendRound(state, state.role);
}

/**
 * An answer to what was said before the group fell silent. It may come after the word to be silent, and would
 * keep the group awake for ever. A follower that stays awake answers that word itself.
 */
export function isLateAnswer({ role, term }: GroupState, message: Message): boolean {
  // Only a leader can answer that, and only it needs to wake.
  if (message.kind === 'repair-request') return role.kind !== 'leader';
  if (role.kind !== 'leader' || message.term !== term) return false;
  if (message.kind === 'heartbeat-reply') return message.round < role.reads.round;
  if (message.kind !== 'append-accepted') return false;
  return message.match <= (role.progress.get(message.from)?.match ?? 0);
}

/** Silent from here on, when nothing is left to say to anyone. */
export function quiesceWhenIdle(state: GroupState, role: LeaderRole): void {
  const { quiesceTicks } = state.settings;
  role.idleTicks += 1;
  if (quiesceTicks === 0 || role.idleTicks < quiesceTicks || !isSettled(state, role)) return;
  sendRound(state, role, state.lastEntry());
  state.quiescent = true;
}

function isSettled(state: GroupState, role: LeaderRole): boolean {
  const last = state.log.lastIndex;
  if (state.commit !== last || state.commit < role.first || isJoint(state.memberships.current)) return false;
  if (role.transfer !== undefined || role.reads.size > 0 || canRise(state)) return false;
  for (const progress of role.progress.values()) {
    if (progress.match !== last || progress.toldCommit !== last || progress.departure !== undefined)
      return false;
  }
  return true;
}
