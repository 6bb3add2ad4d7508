/**
 * The course of one call that has failed at least once: how many tries there were, and what follows the last one, a
 * pause or the end. All reasons to stop stand in one function in the order in which they count.
 */
import type { Prng } from '../base/index.ts';
import type { Call } from './call.ts';
import { statedBy } from './failure.ts';
import type { RetrySettings } from './retry-options.ts';
import { type GaveUpBecause, judgeFailure } from './retry-verdict.ts';

/** How one try ended. */
export type Ended<T> =
  | { readonly failed: true; readonly error: unknown }
  | { readonly failed: false; readonly value: T };

export class Course {
  readonly settings: RetrySettings;
  /** That of the caller, and of the first try. */
  readonly call: Call;
  /** That of the last try. */
  tried: Call;
  tries = 1;
  #drawnMs = 0;
  /** The last try that another one followed and that does not say of itself that it had no effect. */
  #doubt: Ended<unknown> | undefined;

  constructor(call: Call, settings: RetrySettings) {
    this.call = call;
    this.tried = call;
    this.settings = settings;
  }

  /** Milliseconds until the next try, which is paid for then; or why none follows. */
  after(ended: Ended<unknown>, random: () => Prng): number | GaveUpBecause | 'aborted' {
    const { call, settings, tries } = this;
    if (call.isAborted) return 'aborted';
    if (tries >= settings.maxAttempts) return 'attempts';
    if (!ended.failed || statedBy(ended.error).outcome !== 'not-applied') this.#doubt = ended;
    if (ended.failed) {
      const verdict = judgeFailure(ended.error, settings.rule, this.tried);
      if (verdict !== 'again') return verdict;
    }
    const askedMs = statedBy(ended.failed ? ended.error : ended.value).retryAfterMs ?? 0;
    if (askedMs > settings.retryAfterMaxMs) return 'retry-after';
    this.#drawnMs = settings.backoff(tries, this.#drawnMs, random());
    // All who were told the same time come back after it, as far apart as their backoff spreads them.
    const pauseMs = this.#drawnMs >= askedMs ? this.#drawnMs : askedMs + this.#drawnMs;
    if (this.isTooLate(pauseMs)) return 'deadline';
    return settings.budget === undefined || settings.budget.trySpend() ? pauseMs : 'budget';
  }

  /** Whether a try that begins in `pauseMs` begins when nobody waits for it any more. */
  isTooLate(pauseMs: number): boolean {
    const { deadline, clock } = this.call;
    return deadline !== Number.POSITIVE_INFINITY && clock.now() + pauseMs >= deadline;
  }

  next(): Call {
    this.tried = this.call.retried(this.call.attempt + this.tries);
    this.tries += 1;
    return this.tried;
  }

  /**
   * What the caller is given when `last` was the last try: that, as it was. A failure that says that it had no effect
   * speaks for its own try only, though; where an earlier one may have had one, the caller is given what that brought.
   */
  outcome<T>(last: Ended<T>): Ended<T> {
    if (this.#doubt === undefined || !last.failed) return last;
    return statedBy(last.error).outcome === 'not-applied' ? (this.#doubt as Ended<T>) : last;
  }
}
