/**
 * How a member whose disk has lost entries becomes whole again. It must hold everything that anyone may have
 * committed on the strength of an acknowledgement that it has forgotten, before it may vote again:
 *
 * 1. It asks the leader how long the leader's log is. The leader of a term not below its own holds all that
 *    was committed in earlier terms, and all that it sent in this one; so what the member had acknowledged
 *    and others count on lies at or below that index.
 * 2. It takes entries as any follower. When its log equals that leader's up to the index, durably and still
 *    in the same term, nothing is missing any more.
 *
 * The question carries a number of its own, so that an answer from before the damage is none: that leader's log
 * was shorter then. A new term begins with a new question. The argument needs the member's own term, so one
 * that may have forgotten its term or its vote becomes complete in the same way, and never votes again.
 */
import type { GroupState } from './group-state.ts';
import type { RepairReply, RepairRequest } from './messages.ts';
import { allMembers, isMember } from './quorum.ts';

/** The log equals the leader's of this term up to `match`. */
export function noteAgreement(state: GroupState, match: number): void {
  const { repair } = state;
  if (!repair.isUnderWay) return;
  enterTerm(state);
  repair.agreed = Math.max(repair.agreed, match);
}

/** The leader was heard: it can be asked. */
export function askForRepair(state: GroupState, leader: number): void {
  const { repair } = state;
  if (!repair.isUnderWay) return;
  enterTerm(state);
  if (repair.target !== undefined) return;
  state.outbox.sendAfterHardState(request(state, leader));
}

/** No leader is heard. One that has fallen silent with its group wakes when it is asked. */
export function callForRepair(state: GroupState): void {
  const { current } = state.memberships;
  if (!state.repair.isUnderWay || state.term === 0 || !isMember(current, state.member)) return;
  state.resetElectionTimer();
  for (const member of allMembers(current)) {
    if (member !== state.member) state.outbox.sendAfterHardState(request(state, member));
  }
}

/** On the leader. */
export function onRepairRequest(state: GroupState, message: RepairRequest): void {
  const { context, from } = message;
  state.outbox.send({ kind: 'repair-reply', ...state.envelope(from), context, index: state.log.lastIndex });
}

export function onRepairReply({ repair, term }: GroupState, { context, index }: RepairReply): void {
  if (!repair.isUnderWay || context !== repair.context || repair.term !== term) return;
  repair.target ??= index;
}

/** True once: when everything that was lost is here again, durably. */
export function takeRepaired(state: GroupState): boolean {
  const { repair, log, term } = state;
  const { target, agreed } = repair;
  if (repair.damage === 'none' || repair.isComplete || target === undefined || repair.term !== term)
    return false;
  if (agreed < target || log.durable < target) return false;
  repair.isComplete = true;
  state.events.push({ kind: 'repaired', damage: repair.damage, through: target });
  return true;
}

function request(state: GroupState, to: number): RepairRequest {
  return { kind: 'repair-request', ...state.envelope(to), context: state.repair.context };
}

/** What is known of another term's leader says nothing about this one's. */
function enterTerm({ repair, term }: GroupState): void {
  if (repair.term === term) return;
  repair.term = term;
  repair.context += 1;
  repair.target = undefined;
  repair.agreed = 0;
}
