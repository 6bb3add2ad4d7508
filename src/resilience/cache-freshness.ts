/** What an answer that is kept is still good for, by its age. */

export interface FreshnessRules {
  readonly ttlMs: number;
  /** Both are counted from the end of the time to live. */
  readonly staleForMs: number;
  readonly staleOnErrorForMs: number;
}

/**
 * `fresh`: is the answer. `stale`: is the answer, and another one is fetched meanwhile. `spare`: is the answer when
 * nothing better can be had. `gone`: is none.
 */
export type Freshness = 'fresh' | 'stale' | 'spare' | 'gone';

/**
 * An age may be negative, by a clock of another process that is ahead. A little of that is as good as new; more than
 * the time to live would keep it for as long as the clock was wrong.
 */
export function freshnessAt(
  ageMs: number,
  { ttlMs, staleForMs, staleOnErrorForMs }: FreshnessRules,
): Freshness {
  if (!(ageMs >= -ttlMs)) return 'gone';
  if (ageMs < ttlMs) return 'fresh';
  if (ageMs < ttlMs + staleForMs) return 'stale';
  return ageMs < ttlMs + staleOnErrorForMs ? 'spare' : 'gone';
}

/** After so long no answer is of use any more. */
export function keptMsOf({ ttlMs, staleForMs, staleOnErrorForMs }: FreshnessRules): number {
  return ttlMs + Math.max(staleForMs, staleOnErrorForMs);
}
