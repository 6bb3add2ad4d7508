/** What a hedge may be told, as plain data; checked and filled once, when the hedge is made. */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';
import type { PolicyOptions } from './policy.ts';
import { checkedBudget, type RetryBudget } from './retry-budget.ts';

export interface HedgeOptions extends PolicyOptions {
  /**
   * A hedged call may be carried out twice, so somebody has to say that this has no further effect: `by-call`, the
   * caller of each call, and calls that are not marked idempotent are not hedged; or `true`, for all of them.
   */
  readonly idempotent: true | 'by-call';
  /** How long a call may take before another try is sent; with `percentile` only until enough calls have been seen. */
  readonly after: Duration;
  /** Sends it when a call takes longer than this share of the latest thousand calls did, in percent from 50 to 99.9. */
  readonly percentile?: number;
  /** Calls that must have been seen for `percentile` to count, up to a thousand. Default: as many as make it mean something, at least 20. */
  readonly samplesMin?: number;
  /** Further tries of one call, each `after` the one before. Default 1. */
  readonly maxHedges?: number;
  /** Pays for each of them; may be shared with other hedges and retries. Default: no bound but `maxHedges`. */
  readonly budget?: RetryBudget;
}

export interface HedgeSettings {
  readonly isForAll: boolean;
  readonly afterMs: number;
  /** Of the latest calls, from 0 to 1. */
  readonly share: number | undefined;
  readonly samplesMin: number;
  readonly maxHedges: number;
  readonly budget: RetryBudget | undefined;
}

/** Calls that a percentile is taken over. */
export const windowCalls = 1000;

export function hedgeSettings(options: HedgeOptions): HedgeSettings {
  const { idempotent, after, percentile, maxHedges = 1 } = options;
  if (idempotent !== true && idempotent !== 'by-call') {
    throw invalidOption(
      'idempotent',
      idempotent,
      "'by-call', to hedge the calls that are marked idempotent, or true, where all are: a hedged call may be carried out twice",
    );
  }
  const afterMs = durationMs(after, 'after');
  if (afterMs === 0) throw invalidOption('after', after, 'more than 0 ms, or every call would be made twice');
  if (
    percentile !== undefined &&
    !(typeof percentile === 'number' && percentile >= 50 && percentile <= 99.9)
  ) {
    throw invalidOption('percentile', percentile, 'a number of percent from 50 to 99.9, or left out');
  }
  if (!Number.isSafeInteger(maxHedges) || maxHedges < 1 || maxHedges > 10) {
    throw invalidOption('maxHedges', maxHedges, 'a whole number from 1 to 10');
  }
  return {
    isForAll: idempotent === true,
    afterMs,
    share: percentile === undefined ? undefined : percentile / 100,
    samplesMin: samplesMinOf(options),
    maxHedges,
    budget: checkedBudget(options.budget, 'budget'),
  };
}

function samplesMinOf({ percentile, samplesMin }: HedgeOptions): number {
  // Below so many the slowest call of all would stand for the share.
  if (samplesMin === undefined) {
    return Math.min(windowCalls, Math.max(20, Math.ceil(100 / (100 - (percentile ?? 50)))));
  }
  if (percentile === undefined)
    throw invalidOption('samplesMin', samplesMin, 'left out where there is no percentile');
  if (Number.isSafeInteger(samplesMin) && samplesMin >= 1 && samplesMin <= windowCalls) return samplesMin;
  throw invalidOption('samplesMin', samplesMin, `a whole number from 1 to ${windowCalls}`);
}
