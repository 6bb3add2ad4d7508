/**
 * Tokens that successes earn and additional tries spend: the rule of a retry budget, without a clock. A success earns
 * a share of a token, time earns a few on top so that a quiet service may try again at all, and there is never more
 * than a bound, so that a long calm does not pay for a storm. What time has earned is counted when somebody asks.
 */
import { assert } from '../base/index.ts';

export interface ReserveLimits {
  /** Tokens that one success earns. */
  readonly ratio: number;
  /** Tokens that a second earns. */
  readonly perSecond: number;
  /** More are not kept. */
  readonly max: number;
}

export class TokenReserve {
  #limits: ReserveLimits;
  #tokens: number;
  #countedAtMs: number;

  /** Full at first: a process that has just started has not failed anybody yet. */
  constructor(limits: ReserveLimits, nowMs: number) {
    this.#limits = limits;
    this.#tokens = limits.max;
    this.#countedAtMs = nowMs;
  }

  /** Needs no time: what is earned in whatever order below one bound is the same sum. */
  deposit(): void {
    this.#tokens = Math.min(this.#limits.max, this.#tokens + this.#limits.ratio);
  }

  tryTake(nowMs: number): boolean {
    if (this.available(nowMs) < 1) return false;
    this.#tokens -= 1;
    assert(this.#tokens >= 0, 'nobody takes what is not there');
    return true;
  }

  available(nowMs: number): number {
    const { perSecond, max } = this.#limits;
    this.#tokens = Math.min(max, this.#tokens + ((nowMs - this.#countedAtMs) * perSecond) / 1000);
    this.#countedAtMs = nowMs;
    return this.#tokens;
  }

  /** What is there stays, as far as the new bound allows; what time has earned until now was earned by the old limits. */
  limit(limits: ReserveLimits, nowMs: number): void {
    this.#tokens = Math.min(limits.max, this.available(nowMs));
    this.#limits = limits;
  }
}
