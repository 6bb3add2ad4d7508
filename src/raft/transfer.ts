/**
 * Handing leadership over (dissertation §3.10): the successor is brought up to date, then told to campaign at
 * once. Meanwhile proposals are refused, so that it can catch up at all.
 */
import type { MemberId } from './entry.ts';
import type { GroupState, LeaderRole } from './group-state.ts';
import type { Verdict } from './input.ts';
import { accepted, refused, transferRefused } from './refusals.ts';

export function beginTransfer(state: GroupState, role: LeaderRole, to: MemberId): Verdict {
  const { group, electionTicksMax } = state.settings;
  if (to === state.member) return accepted;
  if (!state.memberships.current.voters.includes(to))
    return refused(transferRefused(group, to, 'it is not a voter'));
  if (role.progress.get(to)?.damaged)
    return refused(transferRefused(group, to, 'its disk lost data, so it may not lead'));
  if (role.transfer?.to === to) return accepted;
  if (role.transfer !== undefined) {
    return refused(transferRefused(group, to, `a transfer to member ${role.transfer.to} is under way`));
  }
  role.transfer = { to, ticksLeft: electionTicksMax, told: false };
  return accepted;
}

/** Tells the successor, once its log is complete. From then on no lease holds: it will be voted for at once. */
export function continueTransfer(state: GroupState, role: LeaderRole): void {
  const { transfer } = role;
  if (transfer === undefined || transfer.told) return;
  const progress = role.progress.get(transfer.to);
  if (progress === undefined || progress.match < state.log.lastIndex) return;
  role.reads.forfeitLease();
  transfer.told = true;
  state.outbox.send({ kind: 'transfer-now', ...state.envelope(transfer.to) });
}
