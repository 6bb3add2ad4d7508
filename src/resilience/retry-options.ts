/** What a retry may be told, as plain data but for predicates; checked and filled once, when the retry is made. */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';
import { type Backoff, type BackoffFunction, backoffFrom } from './backoff.ts';
import type { CallContext } from './call.ts';
import type { PolicyOptions } from './policy.ts';
import { checkedBudget, type RetryBudget } from './retry-budget.ts';
import type { RetryRule, Unstated } from './retry-verdict.ts';

export interface RetryOptions extends PolicyOptions {
  /** Tries of one call, the first one included. Default 3. */
  readonly maxAttempts?: number;
  /** The pauses between them. Default: exponential from 100 ms to at most 10 s, with full jitter. */
  readonly backoff?: Backoff;
  /** Chooses the errors that are tried again, even such as state `retryable: false`. Default: what they state. */
  readonly retryOn?: (error: unknown, call: CallContext) => boolean;
  /** Chooses them by their `code`, or where they have none by that of their cause. Beside `retryOn` either may choose. */
  readonly codes?: readonly (string | number)[];
  /** Chooses results that count as failures. Default: none does. */
  readonly retryResult?: (result: unknown, call: CallContext) => boolean;
  /**
   * What an error counts as that states neither `outcome` nor `retryable`. `retry`: whoever puts a retry around a call
   * says that it may be repeated. `unknown`: as one that may have had an effect, repeated only where the call is marked
   * idempotent. Default `retry`.
   */
  readonly unstated?: Unstated;
  /** Whoever is asked to come back later than this gives up at once. Default 30 s. */
  readonly retryAfterMax?: Duration;
  /** Pays for each further try; may be shared with other retries and hedges. Default: no bound but `maxAttempts`. */
  readonly budget?: RetryBudget;
  /** Makes the jitter repeatable. Default: a random one. */
  readonly seed?: number;
}

export interface RetrySettings {
  readonly maxAttempts: number;
  readonly backoff: BackoffFunction;
  readonly rule: RetryRule;
  readonly retryResult: RetryOptions['retryResult'];
  readonly retryAfterMaxMs: number;
  readonly budget: RetryBudget | undefined;
}

const backoffDefault: Backoff = { kind: 'exponential', base: '100ms', max: '10s' };

export function retrySettings(options: RetryOptions): RetrySettings {
  const { maxAttempts = 3, unstated = 'retry' } = options;
  if (!Number.isSafeInteger(maxAttempts) || maxAttempts < 1) {
    throw invalidOption('maxAttempts', maxAttempts, 'a whole number from 1 up: the first try counts');
  }
  if (unstated !== 'retry' && unstated !== 'unknown') {
    throw invalidOption('unstated', unstated, "'retry' or 'unknown'");
  }
  return {
    maxAttempts,
    backoff: backoffFrom(options.backoff ?? backoffDefault, 'backoff'),
    rule: { retryOn: predicate(options.retryOn, 'retryOn'), codes: codesOf(options.codes), unstated },
    retryResult: predicate(options.retryResult, 'retryResult'),
    retryAfterMaxMs: durationMs(options.retryAfterMax ?? '30s', 'retryAfterMax'),
    budget: checkedBudget(options.budget, 'budget'),
  };
}

function codesOf(codes: RetryOptions['codes']): ReadonlySet<unknown> | undefined {
  if (codes === undefined) return undefined;
  if (!Array.isArray(codes) || codes.length === 0) {
    throw invalidOption('codes', codes, 'a list of at least one error code, or nothing is ever tried again');
  }
  const stranger = codes.find((code) => typeof code !== 'string' && typeof code !== 'number');
  if (stranger !== undefined)
    throw invalidOption('codes', stranger, 'texts and numbers, as errors have them');
  return new Set(codes);
}

function predicate<Choosing>(choose: Choosing | undefined, option: string): Choosing | undefined {
  if (choose === undefined || typeof choose === 'function') return choose;
  throw invalidOption(option, choose, 'a function that answers with true or false');
}
