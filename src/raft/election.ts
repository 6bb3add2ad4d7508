/**
 * Elections: when to campaign, whom to vote for, what to make of votes (Raft §5.2, §5.4.1; dissertation
 * §3.10 transfer, §9.6 pre-vote). A vote and the term it is given in are durable before anyone hears of them.
 */
import type { GroupState } from './group-state.ts';
import type { VoteReply, VoteRequest } from './messages.ts';
import { allMembers, isVoter, type VoteResult, voteResult } from './quorum.ts';
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from './roles.ts';

/**
 * Whether this member may try to lead at all. One that the latest configuration leaves out still may, until
 * that configuration is committed: it can be the only one whose log is long enough (dissertation §4.2.2).
 */
export function mayCampaign(state: GroupState): boolean {
  const { memberships, commit, member } = state;
  const isNeeded = isVoter(memberships.current, member) || isVoter(memberships.at(commit), member);
  return isNeeded && !state.damaged && state.role.kind !== 'leader';
}

/** Starts a campaign; a forced one, after a transfer, goes without the pre-vote that others would refuse. */
export function campaign(state: GroupState, reason: string, forced: boolean): void {
  if (!mayCampaign(state)) return;
  state.quiescent = false;
  if (forced || state.isSoleVoter) {
    becomeCandidate(state, reason);
    requestVotes(state, { preVote: false, forced });
    return;
  }
  becomePreCandidate(state, reason);
  requestVotes(state, { preVote: true, forced: false });
  decide(state);
}

/**
 * The election timeout ends after `ticks` more, or as soon as the promise to the last leader does: that leader
 * may rely on this member's own silence too.
 */
export function hastenElection(state: GroupState, ticks: number): void {
  if (!mayCampaign(state)) return;
  const { electionTicksMin } = state.settings;
  const promised = state.isBound ? electionTicksMin - state.promiseTicks : 0;
  if (promised + ticks === 0) {
    campaign(state, 'was told to', false);
    return;
  }
  state.electionTimeout = Math.min(state.electionTimeout, state.electionTicks + promised + ticks);
}

export function onVoteRequest(state: GroupState, request: VoteRequest): void {
  const granted = mayGrant(state, request);
  if (request.preVote) {
    // A granted pre-vote answers in the term that was asked for: the candidate has not entered it yet.
    const term = granted ? request.term : state.term;
    const reply: VoteReply = {
      kind: 'vote-reply',
      ...state.envelope(request.from),
      term,
      preVote: true,
      granted,
    };
    state.outbox.sendAfterHardState(reply);
    return;
  }
  if (granted) {
    state.setTerm(state.term, request.from);
    state.resetElectionTimer();
  }
  state.outbox.sendAfterHardState({
    kind: 'vote-reply',
    ...state.envelope(request.from),
    preVote: false,
    granted,
  });
}

function mayGrant(state: GroupState, request: VoteRequest): boolean {
  if (state.damaged || !state.log.isUpToDate(request.last)) return false;
  if (request.preVote && request.term > state.term) return true;
  if (request.term !== state.term) return false;
  if (state.vote === request.from) return true;
  // The term may have come by another way than this request, and while a leader before it still holds a lease.
  return state.vote === 0 && state.leader === 0 && (request.forced || !state.isBound);
}

export function onVoteReply(state: GroupState, reply: VoteReply): void {
  const { role } = state;
  if (role.kind !== (reply.preVote ? 'pre-candidate' : 'candidate')) return;
  // A pre-vote for a term that is not the next one answers a question of the past.
  if (reply.preVote && reply.granted && reply.term !== state.term + 1) return;
  if (!role.votes.has(reply.from)) role.votes.set(reply.from, reply.granted);
  decide(state);
}

/** The candidate's own vote counts as any other's: when it is durable. */
export function countOwnVote(state: GroupState): void {
  const { role } = state;
  if (role.kind !== 'candidate' || !state.outbox.hardStateDurable) return;
  role.votes.set(state.member, true);
  decide(state);
}

function decide(state: GroupState): void {
  const result = tally(state);
  if (result === 'pending') return;
  if (result === 'lost') {
    becomeFollower(state, state.term, 0, 'lost the vote');
    return;
  }
  if (state.role.kind === 'candidate') {
    becomeLeader(state);
    return;
  }
  becomeCandidate(state, 'won the pre-vote');
  requestVotes(state, { preVote: false, forced: false });
}

function tally(state: GroupState): VoteResult {
  const { role } = state;
  if (role.kind !== 'candidate' && role.kind !== 'pre-candidate') return 'pending';
  return voteResult(state.memberships.current, (member) => role.votes.get(member));
}

function requestVotes(state: GroupState, { preVote, forced }: { preVote: boolean; forced: boolean }): void {
  const { current } = state.memberships;
  for (const member of allMembers(current)) {
    if (member === state.member || !isVoter(current, member)) continue;
    const request: VoteRequest = {
      kind: 'vote-request',
      ...state.envelope(member),
      term: preVote ? state.term + 1 : state.term,
      preVote,
      last: state.lastEntry(),
      forced,
    };
    state.outbox.sendAfterHardState(request);
  }
}
