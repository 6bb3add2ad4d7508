/**
 * How often calls may begin, and what is remembered of one key to keep to it. The rule is a value that all keys share,
 * so that it can change under them in one step; a state is as small as its algorithm allows, because there may be one
 * for each customer. States take the time as an argument, from a clock that never falls; one that falls all the same
 * gives nothing and takes nothing away.
 */

export interface RateRule {
  /** So many calls in `perMs`; may be broken where the algorithm counts no whole calls. */
  readonly calls: number;
  readonly perMs: number;
  /** So many at once. */
  readonly burst: number;
}

export interface RateState {
  /** 0: a call may begin, and has been counted. Otherwise nothing was counted, and one may in so many milliseconds. */
  take(nowMs: number, rule: RateRule): number;
  /** Until `count` calls could have begun, the soonest, if nobody else comes. */
  waitMs(count: number, nowMs: number, rule: RateRule): number;
  /** Whether it is as a new one would be, so that nothing is lost with it. */
  isFresh(nowMs: number, rule: RateRule): boolean;
}

/** Times are compared up to a nanosecond: who comes at the very moment that he was told is not sent away again. */
export const instantMs = 1e-6;
