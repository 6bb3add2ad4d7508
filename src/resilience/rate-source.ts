/**
 * Where a shared rate limit gets its permits: something that counts for many processes. Permits are asked for in
 * blocks and ahead of their use, so that not each call costs a request; what it costs instead is that a block taken now
 * may be used somewhat later.
 */
import type { RateRule } from './rate-rule.ts';

export interface RateRequest {
  /** Undefined: that of all calls, or of those without a key. */
  readonly key: string | undefined;
  /** Processes that ask by different rules are each held to their own. */
  readonly rule: RateRule;
  /** Permits that are wanted, at least 1 and at most the rule's burst. */
  readonly calls: number;
  /** Must have answered by then, or rejected: nobody waits for it longer, and permits that come later are lost. */
  readonly withinMs: number;
}

export interface RateGrant {
  /** From 0 to what was wanted. Fewer: there are no more now. */
  readonly granted: number;
  /** When there will be one more, if nobody else comes. */
  readonly retryAfterMs: number;
}

export interface RateSource {
  /** Rejects where it cannot say; permits whose answer was lost are lost. */
  take(request: RateRequest): Promise<RateGrant>;
}
