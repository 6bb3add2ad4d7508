/** What is told by policies that may answer a call themselves, or keep it from being carried out again, or break it on purpose. */
import type { ChaosFault } from './chaos-fault.ts';
import type { Told } from './told.ts';

/** Where a cache had an answer from; `failure` is one that it kept. */
export type CacheAnswer = 'fresh' | 'stale' | 'stale-on-error' | 'fetched' | 'failure';

export type AnsweringEvent =
  | (Told<'fell-back', 'fallback'> & { readonly error: unknown })
  /** What was to answer instead has failed, too. */
  | (Told<'fallback-failed', 'fallback'> & { readonly error: unknown; readonly failure: unknown })
  /** A call shares an execution that another one has begun. */
  | (Told<'flight-joined', 'single-flight'> & { readonly key: string })
  /** As many keys are under way as may be: a call was carried out by itself. */
  | (Told<'flight-unshared', 'single-flight'> & { readonly key: string })
  | (Told<'cache-answered', 'cache'> & {
      readonly key: string;
      readonly from: CacheAnswer;
      readonly ageMs: number;
    })
  | (Told<'cache-refresh-failed', 'cache'> & { readonly key: string; readonly error: unknown })
  /** A store outside is slow, away or wrong: the call went on without it. */
  | (Told<'cache-store-failed', 'cache'> & {
      readonly key: string;
      readonly operation: 'get' | 'set';
      readonly error: unknown;
    })
  /** A remembered answer was given instead of carrying the call out again. */
  | (Told<'answer-repeated', 'idempotency'> & { readonly key: string })
  /** A call waits for another one with its key. */
  | (Told<'answer-awaited', 'idempotency'> & { readonly key: string })
  /** Nobody knows whether the call was carried out, and that is what is remembered. */
  | (Told<'answer-in-doubt', 'idempotency'> & { readonly key: string; readonly error: unknown })
  /** What became of a call could not be written down at once. */
  | (Told<'answer-not-kept', 'idempotency'> & { readonly key: string; readonly error: unknown })
  | (Told<'chaos-injected', 'chaos'> & { readonly delayMs: number; readonly fault: ChaosFault['kind'] })
  /** Where `byHand` is false rules say the level. */
  | (Told<'level-changed', 'degradation'> & {
      readonly from: string;
      readonly to: string;
      readonly byHand: boolean;
    })
  | (Told<'feature-refused', 'degradation'> & { readonly level: string; readonly needed: string });
