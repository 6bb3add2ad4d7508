/**
 * A message arrives: first its term is weighed against the member's own (Raft, figure 2, "rules for servers"),
 * then it goes to the role that it concerns. Returns why a message was refused, or nothing.
 */
import { campaign, onVoteReply, onVoteRequest } from './election.ts';
import { onAppend, onHeartbeat, onInstallSnapshot } from './following.ts';
import type { GroupState } from './group-state.ts';
import type { Append, Heartbeat, InstallSnapshot, Message } from './messages.ts';
import { onReadReply, onReadRequest } from './reads.ts';
import { onAppendAccepted, onAppendRejected, onHeartbeatReply } from './replication.ts';
import { becomeFollower } from './roles.ts';
import { messageFault } from './validation.ts';

type LeaderMessage = Append | Heartbeat | InstallSnapshot;

export function onReceive(state: GroupState, message: Message): string | undefined {
  const fault = messageFault(state.settings, message);
  if (fault !== undefined) return fault;
  if (
    message.kind === 'vote-request' &&
    isBoundByPromise(state) &&
    !message.forced &&
    message.term > state.term
  ) {
    declineVote(state, message.from, message.preVote);
    return undefined;
  }
  if (message.term > state.term && bringsTerm(message)) {
    const leader = isFromLeader(message) ? message.from : 0;
    becomeFollower(state, message.term, leader, `heard of term ${message.term}`);
  }
  if (message.term < state.term) {
    answerOldTerm(state, message);
    return undefined;
  }
  return dispatch(state, message);
}

function dispatch(state: GroupState, message: Message): string | undefined {
  const { role } = state;
  switch (message.kind) {
    case 'vote-request':
      onVoteRequest(state, message);
      return undefined;
    case 'vote-reply':
      onVoteReply(state, message);
      return undefined;
    case 'append':
    case 'heartbeat':
    case 'install-snapshot':
      return onLeaderMessage(state, message);
    case 'transfer-now':
      campaign(state, 'leadership was handed over', true);
      return undefined;
    case 'read-reply':
      onReadReply(state, message);
      return undefined;
    default:
  }
  if (role.kind !== 'leader') return undefined;
  if (!role.progress.has(message.from)) return 'its sender is not a member of the group';
  if (message.kind === 'append-accepted') {
    return onAppendAccepted(state, role, message)
      ? undefined
      : `it holds ${message.match}, which was never sent`;
  }
  if (message.kind === 'append-rejected') onAppendRejected(state, role, message);
  else if (message.kind === 'heartbeat-reply') onHeartbeatReply(state, role, message);
  else onReadRequest(state, role, message);
  return undefined;
}

function onLeaderMessage(state: GroupState, message: LeaderMessage): string | undefined {
  if (state.role.kind === 'leader') return `it claims to lead term ${state.term}, which this member leads`;
  if (state.leader !== message.from) {
    if (state.leader !== 0) return `it claims to lead term ${state.term}, which member ${state.leader} leads`;
    becomeFollower(state, state.term, message.from, 'heard the leader');
  }
  state.quiescent = false;
  if (message.kind === 'append') return onAppend(state, message);
  if (message.kind === 'heartbeat') return onHeartbeat(state, message);
  onInstallSnapshot(state, message);
  return undefined;
}

/** A pre-vote, asked or granted, speaks of a term that its sender has not entered. */
function bringsTerm(message: Message): boolean {
  if (message.kind === 'vote-request') return !message.preVote;
  return !(message.kind === 'vote-reply' && message.preVote && message.granted);
}

function isFromLeader(message: Message): message is LeaderMessage {
  return message.kind === 'append' || message.kind === 'heartbeat' || message.kind === 'install-snapshot';
}

function isBoundByPromise(state: GroupState): boolean {
  return state.role.kind === 'leader' || (state.role.kind === 'follower' && state.hasPromised);
}

/** The candidate hears the term at least, so that it does not ask from too far behind for ever. */
function declineVote(state: GroupState, candidate: number, preVote: boolean): void {
  if (!preVote) return;
  state.outbox.sendAfterHardState({
    kind: 'vote-reply',
    ...state.envelope(candidate),
    preVote: true,
    granted: false,
  });
}

/** Tells a deposed leader or a late candidate of the newer term; everything else of an old term is void. */
function answerOldTerm(state: GroupState, message: Message): void {
  if (isFromLeader(message)) {
    state.outbox.sendAfterHardState({ kind: 'heartbeat-reply', ...state.envelope(message.from), round: 0 });
  } else if (message.kind === 'vote-request') {
    state.outbox.sendAfterHardState({
      kind: 'vote-reply',
      ...state.envelope(message.from),
      preVote: message.preVote,
      granted: false,
    });
  }
}
