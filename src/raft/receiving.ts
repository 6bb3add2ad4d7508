/**
 * A sound message arrives: first its term is weighed against the member's own (Raft, figure 2, "rules for
 * servers"), then it goes to the role that it concerns.
 */
import { campaign, onVoteReply, onVoteRequest } from './election.ts';
import { onAppend, onHeartbeat, onInstallSnapshot } from './following.ts';
import type { GroupState } from './group-state.ts';
import type { Append, Heartbeat, InstallSnapshot, Message } from './messages.ts';
import { onReadReply, onReadRequest } from './reads.ts';
import { onRepairReply, onRepairRequest } from './repairing.ts';
import { onAppendAccepted, onAppendRejected, onHeartbeatReply } from './replication.ts';
import { becomeFollower } from './roles.ts';

type LeaderMessage = Append | Heartbeat | InstallSnapshot;

export function onReceive(state: GroupState, message: Message): void {
  if (
    message.kind === 'vote-request' &&
    (state.role.kind === 'leader' || state.hasPromised) &&
    !message.forced &&
    message.term > state.term
  ) {
    declineVote(state, message.from, message.preVote);
    return;
  }
  if (message.term > state.term && bringsTerm(message)) {
    const leader = isFromLeader(message) ? message.from : 0;
    becomeFollower(state, message.term, leader, `heard of term ${message.term}`);
  }
  if (message.term < state.term) {
    answerOldTerm(state, message);
    return;
  }
  dispatch(state, message);
}

function dispatch(state: GroupState, message: Message): void {
  const { role } = state;
  switch (message.kind) {
    case 'vote-request':
      onVoteRequest(state, message);
      return;
    case 'vote-reply':
      onVoteReply(state, message);
      return;
    case 'append':
    case 'heartbeat':
    case 'install-snapshot':
      onLeaderMessage(state, message);
      return;
    case 'transfer-now':
      campaign(state, 'leadership was handed over', true);
      return;
    case 'read-reply':
      onReadReply(state, message);
      return;
    case 'repair-reply':
      onRepairReply(state, message);
      return;
    default:
  }
  if (role.kind !== 'leader') return;
  if (message.kind === 'append-accepted') onAppendAccepted(state, role, message);
  else if (message.kind === 'append-rejected') onAppendRejected(state, role, message);
  else if (message.kind === 'heartbeat-reply') onHeartbeatReply(state, role, message);
  else if (message.kind === 'read-request') onReadRequest(state, role, message);
  else onRepairRequest(state, message);
}

function onLeaderMessage(state: GroupState, message: LeaderMessage): void {
  if (state.leader !== message.from) becomeFollower(state, state.term, message.from, 'heard the leader');
  if (message.kind === 'append') onAppend(state, message);
  else if (message.kind === 'heartbeat') onHeartbeat(state, message);
  else onInstallSnapshot(state, message);
}

/** A pre-vote, asked or granted, speaks of a term that its sender has not entered. */
function bringsTerm(message: Message): boolean {
  if (message.kind === 'vote-request') return !message.preVote;
  return !(message.kind === 'vote-reply' && message.preVote && message.granted);
}

function isFromLeader(message: Message): message is LeaderMessage {
  return message.kind === 'append' || message.kind === 'heartbeat' || message.kind === 'install-snapshot';
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
    const { damaged } = state;
    state.outbox.sendAfterHardState({
      kind: 'heartbeat-reply',
      ...state.envelope(message.from),
      damaged,
      round: 0,
    });
  } else if (message.kind === 'vote-request') {
    state.outbox.sendAfterHardState({
      kind: 'vote-reply',
      ...state.envelope(message.from),
      preVote: message.preVote,
      granted: false,
    });
  }
}
