/**
 * When a circuit has seen enough to open, as data: what users write, and what it becomes once it has been looked at.
 * Failures in a row need one number and no clock, so they are the default. Windows judge a share instead, of the last
 * calls or of the last seconds, and only from a number of calls on with which a share means something.
 */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';
import { checkRecord, lengthMsOf, shareOf, wholeOf } from './option-checks.ts';

export type BreakerRule = ConsecutiveRule | CountWindowRule | TimeWindowRule;

/** So many failures in a row. */
export interface ConsecutiveRule {
  readonly kind: 'consecutive';
  readonly failures: number;
}

/** A share of the last calls. */
interface CountWindowRule {
  readonly kind: 'count-window';
  readonly calls: number;
  /** Above 0, at most 1. */
  readonly ratio: number;
  /** Fewer calls than that say nothing. At most `calls`. */
  readonly minimum: number;
}

/** A share of the calls that ended within the last `span`. */
interface TimeWindowRule {
  readonly kind: 'time-window';
  readonly span: Duration;
  /** Above 0, at most 1. */
  readonly ratio: number;
  /** Fewer calls than that say nothing. */
  readonly minimum: number;
  /** The span moves on in so many steps. Default 10. */
  readonly buckets?: number;
}

export interface SlowCallOptions {
  /** What takes so long or longer is slow, whatever its answer. */
  readonly after: Duration;
  /** The share of slow calls that opens the circuit. Default: a slow call is a failure. For windows only. */
  readonly ratio?: number;
}

/** Shares from which on a window opens a circuit. */
export interface RatioLimits {
  readonly minimum: number;
  readonly ratio: number;
  /** Undefined: slow calls are failures, or nobody looks for them. */
  readonly slowRatio: number | undefined;
}

/** A rule that has been looked at. */
export type CircuitRule =
  | ConsecutiveRule
  | ({ readonly kind: 'count-window'; readonly calls: number } & RatioLimits)
  | ({ readonly kind: 'time-window'; readonly bucketMs: number; readonly buckets: number } & RatioLimits);

/** Of a window's calls and of its buckets: each circuit has a place for every one of them. */
const windowMax = 100_000;
const bucketsMax = 1_000;
const bucketsDefault = 10;

const kinds = "one of kind 'consecutive', 'count-window' or 'time-window'";

export function checkRule(rule: BreakerRule, slowRatio: number | undefined): CircuitRule {
  checkRecord('rule', rule, kinds);
  switch (rule.kind) {
    case 'consecutive':
      if (slowRatio !== undefined) {
        throw invalidOption('slowCall.ratio', slowRatio, 'left out: a share needs a rule with a window');
      }
      return { kind: rule.kind, failures: wholeOf('rule.failures', rule.failures, 1) };
    case 'count-window': {
      const calls = wholeOf('rule.calls', rule.calls, 1, windowMax);
      return { kind: rule.kind, calls, ...checkLimits(rule, slowRatio, calls) };
    }
    case 'time-window': {
      const buckets = wholeOf('rule.buckets', rule.buckets ?? bucketsDefault, 1, bucketsMax);
      const bucketMs = lengthMsOf('rule.span', rule.span) / buckets;
      return { kind: rule.kind, bucketMs, buckets, ...checkLimits(rule, slowRatio) };
    }
    default:
      throw invalidOption('rule', rule, kinds);
  }
}

export function checkSlowCall(slowCall: SlowCallOptions | undefined): {
  readonly slowAfterMs: number | undefined;
  readonly slowRatio: number | undefined;
} {
  if (slowCall === undefined) return { slowAfterMs: undefined, slowRatio: undefined };
  checkRecord('slowCall', slowCall, 'an object with after, and a ratio where slow calls have their own');
  const { ratio } = slowCall;
  return {
    slowAfterMs: durationMs(slowCall.after, 'slowCall.after'),
    slowRatio: ratio === undefined ? undefined : shareOf('slowCall.ratio', ratio),
  };
}

function checkLimits(
  rule: CountWindowRule | TimeWindowRule,
  slowRatio: number | undefined,
  minimumMax?: number,
): RatioLimits {
  return {
    minimum: wholeOf('rule.minimum', rule.minimum, 1, minimumMax),
    ratio: shareOf('rule.ratio', rule.ratio),
    slowRatio,
  };
}
