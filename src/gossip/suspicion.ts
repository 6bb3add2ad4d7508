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

/** Questions that are put to the suspect itself in the last period before its time is over. */
const lastQuestions = 4;

export class Suspicion {
  readonly #times: SuspicionTimes;
  readonly #periodMs: number;
  readonly #accusers = new Set<string>();
  /** These move by the time that this node has stood still. */
  #startMs: number;
  #accusedMs: number;
  #questions = 0;

  /** `periodMs`: what the suspect has in any case from the last accusation on, to be asked itself. */
  constructor(times: SuspicionTimes, periodMs: number, nowMs: number) {
    this.#times = times;
    this.#periodMs = periodMs;
    this.#startMs = nowMs;
    this.#accusedMs = nowMs;
  }

  get accusers(): readonly string[] {
    return [...this.#accusers];
  }

  /** When it is over; earlier with each confirmation, but never at once, and never later than without it. */
  get endMs(): number {
    const lengthMs = suspicionLengthMs(this.#times, Math.max(0, this.#accusers.size - 1));
    const endMs = Math.max(this.#startMs + lengthMs, this.#accusedMs + this.#periodMs);
    return Math.min(endMs, this.#startMs + this.#times.mostMs);
  }

  /** When to ask the suspect itself once more; its end when it was asked often enough. */
  get questionMs(): number {
    return this.endMs - (this.#periodMs * (lastQuestions - this.#questions)) / lastQuestions;
  }

  asked(): void {
    this.#questions = Math.min(lastQuestions, this.#questions + 1);
  }

  /** True for an accuser that counts: it is new, and not enough have spoken before. */
  accuse(accuser: string, nowMs: number): boolean {
    if (this.#accusers.size > this.#times.confirmations || this.#accusers.has(accuser)) return false;
    this.#accusers.add(accuser);
    this.#accusedMs = nowMs;
    return true;
  }

  stalled(ms: number): void {
    this.#startMs += ms;
    this.#accusedMs += ms;
  }
}
