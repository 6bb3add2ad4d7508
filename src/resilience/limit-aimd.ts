/**
 * Additive increase, multiplicative decrease: one more in each window that used the limit and lost nothing, a tenth
 * less in each that lost a call or was too slow. It finds the edge by going over it, so it is for upstreams that
 * refuse what they cannot do, and whose time says little.
 */
import type { LimitStrategy, LimitWindow } from './limit-strategy.ts';

export interface AimdRule {
  /** What is left of the limit after a drop, above 0 and below 1. */
  readonly backoff: number;
  /** A window whose mean is longer than this gives way, too. */
  readonly slowAfterMs: number;
}

export class AimdStrategy implements LimitStrategy {
  readonly #rule: AimdRule;

  constructor(rule: AimdRule) {
    this.#rule = rule;
  }

  next(limit: number, { drops, meanMs, wasUsed }: LimitWindow): number {
    if (drops > 0 || meanMs > this.#rule.slowAfterMs) return limit * this.#rule.backoff;
    return wasUsed ? limit + 1 : limit;
  }
}
