/**
 * Sets aside instances that fail while the others do not. Two rules: so many failures in a row; and, over an interval, a
 * share of successes well below that of the others, leaving out the one that is judged, or among few instances a bad one
 * would widen the very spread that it is judged by. Who is set aside comes back by itself after a time that grows with
 * each ejection and shrinks with each interval that goes well. Never more than a share of all: where most fail it is not
 * the instances that are at fault, and the rest could not carry the load.
 */
import { type Duration, durationMs, invalidOption } from '../../base/index.ts';
import type { Slot } from './slot.ts';

export interface EjectionOptions {
  /** Failures in a row after which an instance is ejected; 5 unless given, 0 for never. */
  readonly consecutiveFailures?: number;
  /** By share of successes against the others; `false` for never. */
  readonly successRate?: SuccessRateOptions | false;
  /** For how long the first time, and so many times longer with each further one; 30 s unless given. */
  readonly base?: Duration;
  /** Never longer; 5 min unless given. */
  readonly max?: Duration;
  /** So much of all instances may be ejected at a time, from 0 to 1; 0.5 unless given. */
  readonly ejectedShareMax?: number;
}

export interface SuccessRateOptions {
  /** Judged so often; 10 s unless given, and where nobody is judged so. */
  readonly interval?: Duration;
  /** An instance with fewer calls in an interval is not judged; 100 unless given. */
  readonly callsMin?: number;
  /** So many standard deviations of the others below their mean; 2 unless given. */
  readonly deviations?: number;
  /** And at least so much below it, from 0 to 1; 0.1 unless given. */
  readonly marginMin?: number;
}

export type EjectionCause = 'consecutive-failures' | 'success-rate';

export interface Ejection {
  readonly slot: Slot;
  readonly cause: EjectionCause;
  readonly forMs: number;
}

interface RateSettings {
  readonly callsMin: number;
  readonly deviations: number;
  readonly marginMin: number;
}

/** Two others at least, or there is no spread to be judged by. */
const judgedMin = 3;
const intervalMsDefault = 10_000;
const none: readonly Ejection[] = [];

export class Ejections {
  readonly #inRowMax: number;
  readonly #rate: RateSettings | undefined;
  /** Also where nobody is judged by his share: what went well in it is forgiven. */
  readonly #intervalMs: number;
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #shareMax: number;
  /** Undefined before the first outcome. */
  #intervalFromMs: number | undefined;
  /** Ejections that the bound has prevented. */
  prevented = 0;

  constructor(options: EjectionOptions) {
    const {
      consecutiveFailures = 5,
      successRate = {},
      base = '30s',
      max = '5m',
      ejectedShareMax = 0.5,
    } = options;
    if (!Number.isSafeInteger(consecutiveFailures) || consecutiveFailures < 0) {
      throw invalidOption('ejection.consecutiveFailures', consecutiveFailures, 'a whole number, 0 for never');
    }
    this.#inRowMax = consecutiveFailures === 0 ? Number.POSITIVE_INFINITY : consecutiveFailures;
    this.#rate = successRate === false ? undefined : rateSettings(successRate);
    this.#intervalMs = successRate === false ? intervalMsDefault : intervalMsOf(successRate);
    this.#baseMs = durationMs(base, 'ejection.base');
    this.#maxMs = durationMs(max, 'ejection.max');
    if (this.#baseMs === 0) throw invalidOption('ejection.base', base, 'more than 0 ms');
    if (this.#maxMs < this.#baseMs) throw invalidOption('ejection.max', max, 'at least as long as base');
    this.#shareMax = share('ejection.ejectedShareMax', ejectedShareMax);
  }

  /** What follows from one outcome at `slot`, one of `slots`. */
  note(slot: Slot, ok: boolean, slots: readonly Slot[], nowMs: number): readonly Ejection[] {
    const swept = this.#sweep(slots, nowMs);
    slot.calls += 1;
    if (ok) {
      slot.failuresInRow = 0;
      return swept;
    }
    slot.failures += 1;
    slot.failuresInRow += 1;
    if (slot.failuresInRow < this.#inRowMax || slot.ejectedUntilMs > nowMs) return swept;
    const ejection = this.#eject(slot, 'consecutive-failures', slots, nowMs);
    return ejection === undefined ? swept : [...swept, ejection];
  }

  /** At the end of an interval, which the first outcome behind it notices. */
  #sweep(slots: readonly Slot[], nowMs: number): readonly Ejection[] {
    this.#intervalFromMs ??= nowMs;
    const fromMs = this.#intervalFromMs;
    if (nowMs - fromMs < this.#intervalMs) return none;
    this.#intervalFromMs = nowMs;
    const outliers = this.#rate === undefined ? [] : outliersOf(slots, this.#rate, nowMs);
    const ejected: Ejection[] = [];
    for (const slot of outliers) {
      const ejection = this.#eject(slot, 'success-rate', slots, nowMs);
      if (ejection !== undefined) ejected.push(ejection);
    }
    for (const slot of slots) {
      // Called in it, and at no moment of it set aside.
      if (slot.ejectedUntilMs <= fromMs && slot.calls > 0) slot.ejections = Math.max(0, slot.ejections - 1);
      slot.calls = 0;
      slot.failures = 0;
    }
    return ejected;
  }

  #eject(slot: Slot, cause: EjectionCause, slots: readonly Slot[], nowMs: number): Ejection | undefined {
    const ejected = slots.reduce((count, { ejectedUntilMs }) => count + (ejectedUntilMs > nowMs ? 1 : 0), 0);
    if (ejected + 1 > this.#shareMax * slots.length) {
      this.prevented += 1;
      return undefined;
    }
    slot.ejections += 1;
    slot.setAside();
    const forMs = Math.min(this.#maxMs, this.#baseMs * slot.ejections);
    slot.ejectedUntilMs = nowMs + forMs;
    return { slot, cause, forMs };
  }
}

/** The worst first, so that the bound on how many may go leaves out those that are nearly well. */
function outliersOf(slots: readonly Slot[], settings: RateSettings, nowMs: number): readonly Slot[] {
  const { callsMin, deviations, marginMin } = settings;
  const judged = slots.filter(({ calls, ejectedUntilMs }) => calls >= callsMin && ejectedUntilMs <= nowMs);
  if (judged.length < judgedMin) return [];
  const rateOf = ({ calls, failures }: Slot): number => 1 - failures / calls;
  const sum = judged.reduce((total, slot) => total + rateOf(slot), 0);
  const squares = judged.reduce((total, slot) => total + rateOf(slot) ** 2, 0);
  const others = judged.length - 1;
  return judged
    .filter((slot) => {
      const rate = rateOf(slot);
      const mean = (sum - rate) / others;
      const variance = Math.max(0, (squares - rate ** 2) / others - mean ** 2);
      return rate < mean - Math.max(marginMin, deviations * Math.sqrt(variance));
    })
    .sort((left, right) => rateOf(left) - rateOf(right));
}

function intervalMsOf({ interval = intervalMsDefault }: SuccessRateOptions): number {
  const intervalMs = durationMs(interval, 'ejection.successRate.interval');
  if (intervalMs === 0) throw invalidOption('ejection.successRate.interval', interval, 'more than 0 ms');
  return intervalMs;
}

function rateSettings(options: SuccessRateOptions): RateSettings {
  const { callsMin = 100, deviations = 2, marginMin = 0.1 } = options;
  if (!Number.isSafeInteger(callsMin) || callsMin < 1) {
    throw invalidOption('ejection.successRate.callsMin', callsMin, 'a whole number from 1 up');
  }
  if (!(deviations >= 0 && deviations < Number.POSITIVE_INFINITY)) {
    throw invalidOption('ejection.successRate.deviations', deviations, 'a finite number of at least 0');
  }
  return {
    callsMin,
    deviations,
    marginMin: share('ejection.successRate.marginMin', marginMin),
  };
}

function share(option: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw invalidOption(option, value, 'a number from 0 to 1');
}
