/**
 * How long a suspect has to contradict (Lifeguard, section IV-B). One accuser may be wrong because it is slow itself,
 * so at first the time is long; each other that found out by itself makes it shorter, along a logarithm, because the
 * first ones tell most. A node that hears nothing therefore kills nobody quickly, and one that is right is confirmed
 * within a period or two.
 */
import type { SwimSettings } from './settings.ts';

export interface SuspicionTimes {
  readonly leastMs: number;
  readonly mostMs: number;
  /** Accusers beyond the first that bring it down to the least. */
  readonly confirmations: number;
}

/** Accusers beyond the first from which on nobody doubts. */
const confirmationsWanted = 2;

/** For a cluster of so many live members, this node and the suspect among them. */
export function suspicionTimes(
  members: number,
  { suspicionFactor, suspicionMaxFactor, probePeriodMs }: SwimSettings,
): SuspicionTimes {
  const leastMs = suspicionFactor * Math.max(1, Math.log10(members)) * probePeriodMs;
  // Where too few are left to confirm, waiting for them would only cost time.
  const confirmations = members - 2 < confirmationsWanted ? 0 : confirmationsWanted;
  return { leastMs, mostMs: leastMs * suspicionMaxFactor, confirmations };
}

/** How long it takes from the first accusation with so many accusers beyond the first. */
export function suspicionLengthMs(
  { leastMs, mostMs, confirmations }: SuspicionTimes,
  confirmed: number,
): number {
  if (confirmed >= confirmations) return leastMs;
  const share = Math.log(confirmed + 1) / Math.log(confirmations + 1);
  return mostMs - share * (mostMs - leastMs);
}
