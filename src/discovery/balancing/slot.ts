/**
 * What a balancer knows of one instance beside what the registry says: calls under way, how fast it answers, whether
 * it is set aside. A slot lives as long as its instance is registered, under the same id and token, whatever else of
 * it changes, so that another snapshot takes none of this away. It is also what a pick gives back: nothing is made for
 * a pick. Its fields are written by the files of this folder only.
 */
import type { Instance } from '../instance.ts';

/** Calls under way at those instances that are chosen from together. */
export class Tally {
  inFlight = 0;
}

/** Of an instance that is in no pool. */
const nowhere = new Tally();

export class Slot {
  /** Tells it from all others, one that had its id before included. */
  readonly key: string;
  /** As it was last heard of. */
  instance: Instance;
  /** That of the instance, where it is one; see `checkedWeight`. */
  weight = 1;
  /** Calls that have begun here and not ended, given up or not. */
  inFlight = 0;
  tally: Tally = nowhere;

  /** May be picked now. */
  isUsable = false;
  /** From when on its weight ramps up; `-Infinity` where it does not. */
  rampFromMs: number = Number.NEGATIVE_INFINITY;
  /** Where a picker that takes turns stands with it. */
  turn = 0;

  /** The decayed peak of its latency as of `peakAtMs`; 0 while nothing is known. */
  peakMs = 0;
  peakAtMs = 0;

  /** Failures since the last success. */
  failuresInRow = 0;
  /** Calls and failures of this interval. */
  calls = 0;
  failures = 0;
  /** Ejections that still count for how long the next one is. */
  ejections = 0;
  ejectedUntilMs: number = Number.NEGATIVE_INFINITY;
  /** Whoever calls has closed it until then: its circuit is open. */
  shutUntilMs: number = Number.NEGATIVE_INFINITY;

  constructor(instance: Instance) {
    const { id, token } = instance;
    this.key = token === 0 ? id : `${id}#${token}`;
    this.instance = instance;
  }

  get id(): string {
    return this.instance.id;
  }

  begin(): void {
    this.inFlight += 1;
    this.tally.inFlight += 1;
  }

  leave(): void {
    this.inFlight -= 1;
    this.tally.inFlight -= 1;
  }

  /** From now on counted with those of `tally`. */
  join(tally: Tally): void {
    this.tally = tally;
    tally.inFlight += this.inFlight;
  }

  /**
   * What was measured before it was set aside says little of it when it comes back. As one of which nothing is known it
   * is given one call then, and no second one before that is answered.
   */
  setAside(): void {
    this.peakMs = 0;
    this.failuresInRow = 0;
  }

  /** Its calls end where nobody counts them with others. */
  leavePool(): void {
    this.isUsable = false;
    this.tally = nowhere;
  }
}

const weightLeast = 1e-6;
const weightMost = 1e6;

/**
 * The share that a weight stands for. One that is no number above 0 counts as 1, since who sees it has no better guess
 * and the others must not pay for it; `undefined` tells so. Very small and very large ones are brought to bounds in
 * which sums of them stay exact enough.
 */
export function checkedWeight(weight: unknown): number | undefined {
  if (typeof weight !== 'number' || !(weight > 0 && weight < Number.POSITIVE_INFINITY)) return undefined;
  return Math.min(weightMost, Math.max(weightLeast, weight));
}
