/**
 * How long to pause before the next try: each rule is a pure function of how many tries have failed, the pause before
 * and a generator, made once from plain data. Pauses without chance bring back together all those who failed together,
 * so the rules that grow have full jitter unless told otherwise.
 */
import { type Duration, durationMs, invalidOption, type Prng } from '../base/index.ts';

/** `none`: the pause itself. `full`: anything up to it. `equal`: half of it, and anything up to the other half. */
export type Jitter = 'none' | 'full' | 'equal';

export interface ConstantBackoff {
  readonly kind: 'constant';
  readonly delay: Duration;
  /** Default `none`. */
  readonly jitter?: Jitter;
}

export interface LinearBackoff {
  readonly kind: 'linear';
  /** The first pause. */
  readonly base: Duration;
  /** What each further one is longer by. Default: `base`. */
  readonly step?: Duration;
  /** No pause is longer. Default 30 s. */
  readonly max?: Duration;
  /** Default `full`. */
  readonly jitter?: Jitter;
}

export interface ExponentialBackoff {
  readonly kind: 'exponential';
  /** The first pause. */
  readonly base: Duration;
  /** No pause is longer. Default 30 s. */
  readonly max?: Duration;
  /** How many times as long the next one is. Default 2. */
  readonly factor?: number;
  /** Default `full`. */
  readonly jitter?: Jitter;
}

/** Each pause is anything between `base` and `factor` times the one before: it grows, and no two callers keep step. */
export interface DecorrelatedJitterBackoff {
  readonly kind: 'decorrelated-jitter';
  readonly base: Duration;
  /** No pause is longer. Default 30 s. */
  readonly max?: Duration;
  /** Default 3. */
  readonly factor?: number;
}

/**
 * Milliseconds until the next try. `failed` is how many tries have failed, 1 at first; `previousMs` is the pause that
 * it said before, 0 at first. All chance comes from `random`, so that a run can be repeated.
 */
export type BackoffFunction = (failed: number, previousMs: number, random: Prng) => number;

/** A duration alone is a constant pause. */
export type Backoff =
  | Duration
  | ConstantBackoff
  | LinearBackoff
  | ExponentialBackoff
  | DecorrelatedJitterBackoff
  | BackoffFunction;

const maxDefault: Duration = '30s';
const kinds = "'constant', 'linear', 'exponential' or 'decorrelated-jitter'";

/** Refuses what is no rule; `option` is what the caller calls it. */
export function backoffFrom(backoff: Backoff, option: string): BackoffFunction {
  if (typeof backoff === 'function') return checked(backoff, option);
  if (typeof backoff !== 'object' || backoff === null) return constant(durationMs(backoff, option), 'none');
  switch (backoff.kind) {
    case 'constant':
      return constant(
        durationMs(backoff.delay, `${option}.delay`),
        jitterOf(backoff.jitter ?? 'none', option),
      );
    case 'linear':
      return linearFrom(backoff, option);
    case 'exponential':
      return exponentialFrom(backoff, option);
    case 'decorrelated-jitter':
      return decorrelatedFrom(backoff, option);
    default:
      throw invalidOption(`${option}.kind`, (backoff as { readonly kind?: unknown }).kind, kinds);
  }
}

function constant(delayMs: number, jitter: Jitter): BackoffFunction {
  return (_failed, _previousMs, random) => jittered(delayMs, jitter, random);
}

function linearFrom(backoff: LinearBackoff, option: string): BackoffFunction {
  const { baseMs, maxMs } = rangeOf(backoff, option);
  const stepMs = backoff.step === undefined ? baseMs : durationMs(backoff.step, `${option}.step`);
  const jitter = jitterOf(backoff.jitter ?? 'full', option);
  return (failed, _previousMs, random) =>
    jittered(Math.min(maxMs, baseMs + stepMs * (failed - 1)), jitter, random);
}

function exponentialFrom(backoff: ExponentialBackoff, option: string): BackoffFunction {
  const { baseMs, maxMs } = rangeOf(backoff, option);
  const factor = factorOf(backoff.factor ?? 2, option);
  const jitter = jitterOf(backoff.jitter ?? 'full', option);
  return (failed, _previousMs, random) =>
    // The power may well be infinite, and is bounded then; `base` above 0 keeps the product a number.
    jittered(Math.min(maxMs, baseMs * factor ** (failed - 1)), jitter, random);
}

function decorrelatedFrom(backoff: DecorrelatedJitterBackoff, option: string): BackoffFunction {
  const { baseMs, maxMs } = rangeOf(backoff, option);
  const factor = factorOf(backoff.factor ?? 3, option);
  return (_failed, previousMs, random) => {
    // A product beyond all numbers, times a draw of 0, would be no number.
    const mostMs = Math.min(Number.MAX_VALUE, Math.max(baseMs, previousMs) * factor);
    return Math.min(maxMs, baseMs + (mostMs - baseMs) * random.float());
  };
}

function jittered(pauseMs: number, jitter: Jitter, random: Prng): number {
  switch (jitter) {
    case 'none':
      return pauseMs;
    case 'full':
      return pauseMs * random.float();
    case 'equal':
      return pauseMs / 2 + (pauseMs / 2) * random.float();
  }
}

/** What a program says is checked each time: a pause of NaN is none, and a loop without pauses is an attack. */
function checked(backoff: BackoffFunction, option: string): BackoffFunction {
  return (failed, previousMs, random) => {
    const pauseMs = backoff(failed, previousMs, random);
    if (typeof pauseMs === 'number' && Number.isFinite(pauseMs) && pauseMs >= 0) return pauseMs;
    throw invalidOption(`what ${option} says after ${failed} tries`, pauseMs, 'milliseconds from 0 up');
  };
}

interface Range {
  readonly base: Duration;
  readonly max?: Duration;
}

function rangeOf(range: Range, option: string): { readonly baseMs: number; readonly maxMs: number } {
  const baseMs = durationMs(range.base, `${option}.base`);
  const max = range.max ?? maxDefault;
  const maxMs = durationMs(max, `${option}.max`);
  if (baseMs === 0) {
    throw invalidOption(`${option}.base`, range.base, 'more than 0 ms; for no pause say backoff: 0');
  }
  if (maxMs < baseMs) throw invalidOption(`${option}.max`, max, `at least base, ${baseMs} ms`);
  return { baseMs, maxMs };
}

function factorOf(factor: number, option: string): number {
  if (typeof factor === 'number' && Number.isFinite(factor) && factor >= 1) return factor;
  throw invalidOption(`${option}.factor`, factor, 'a number from 1 up, or pauses would become shorter');
}

function jitterOf(jitter: Jitter, option: string): Jitter {
  if (jitter === 'none' || jitter === 'full' || jitter === 'equal') return jitter;
  throw invalidOption(`${option}.jitter`, jitter, "'none', 'full' or 'equal'");
}
