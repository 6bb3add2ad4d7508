/**
 * What a node believes of a member: one value per belief, replaced and never changed. Beliefs of one member are
 * ordered by incarnation and then by status, and only ever grow in that order; so nodes that have heard the same
 * claims believe the same, in whatever order they came, and a late packet takes nothing back. Only the member itself
 * raises its incarnation: that is how it contradicts those who take it for dead.
 */
import type { MemberMetadata } from './metadata.ts';

/**
 * - `HEALTHY`: answers.
 * - `SUSPECT`: did not answer somebody, and has some time left to contradict.
 * - `UNHEALTHY`: did not contradict: taken for dead.
 * - `LEFT`: said goodbye.
 */
export type MemberStatus = 'HEALTHY' | 'SUSPECT' | 'UNHEALTHY' | 'LEFT';

export interface Member {
  readonly id: string;
  /** Where its packets go, as its shell writes it, such as `10.0.0.7:7946`. */
  readonly address: string;
  readonly incarnation: number;
  readonly status: MemberStatus;
  readonly metadata: MemberMetadata;
  /** Since when this node has believed the status, by its monotonic clock. */
  readonly sinceMs: number;
}

/** In the order of the ranks, which are also how they are written in packets. */
export const statuses: readonly MemberStatus[] = ['HEALTHY', 'SUSPECT', 'UNHEALTHY', 'LEFT'];

/** Of two statuses of one incarnation the higher one stands: what is worse is believed until it is contradicted. */
export function statusRank(status: MemberStatus): number {
  return statuses.indexOf(status);
}

/** One that is probed, asked and told. */
export function isLive(status: MemberStatus): boolean {
  return status === 'HEALTHY' || status === 'SUSPECT';
}
