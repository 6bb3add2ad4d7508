/**
 * A token bucket: tokens come at a steady rate and up to `burst` of them wait. In any span of w milliseconds no more
 * calls begin than `burst` + w · calls / perMs. Two numbers for a key, kept as what is missing and not as what is
 * there, so that a larger burst is there at once.
 */
import { instantMs, type RateRule, type RateState } from './rate-rule.ts';

export class TokenBucket implements RateState {
  /** Tokens that are missing, as of `#asOfMs`. */
  #missing = 0;
  #asOfMs = Number.NEGATIVE_INFINITY;

  take(nowMs: number, rule: RateRule): number {
    const waitMs = this.waitMs(1, nowMs, rule);
    if (waitMs === 0) this.#missing += 1;
    return waitMs;
  }

  waitMs(count: number, nowMs: number, rule: RateRule): number {
    const tokenMs = rule.perMs / rule.calls;
    this.#refill(nowMs, tokenMs);
    const waitMs = (this.#missing + count - rule.burst) * tokenMs;
    return waitMs <= instantMs ? 0 : waitMs;
  }

  isFresh(nowMs: number, rule: RateRule): boolean {
    this.#refill(nowMs, rule.perMs / rule.calls);
    return this.#missing === 0;
  }

  #refill(nowMs: number, tokenMs: number): void {
    if (nowMs <= this.#asOfMs) return;
    if (this.#missing > 0) this.#missing = Math.max(0, this.#missing - (nowMs - this.#asOfMs) / tokenMs);
    this.#asOfMs = nowMs;
  }
}
