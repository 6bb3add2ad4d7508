/** What errors that policies around a call answer with themselves mean, for people: a part of the table. */
import type { ResilienceErrorCode } from './resilience-error-codes.ts';

export const resilienceMeanings: { readonly [Code in ResilienceErrorCode]: string } = {
  'circuit-open':
    'A breaker lets no call through to what it guards; try again after the time that the error names, or answer without it.',
  'bulkhead-full':
    'As many calls run and wait as a bulkhead allows; slow down, or raise what the message names.',
  'load-shed':
    'An adaptive limit has no room for a call of this priority; try again after the time that the error names, or ask for less.',
  'rate-limited':
    'More calls were made than a rate limit allows; try again after the time that the error names.',
  'answer-pending':
    'A call with the same idempotency key is under way, or nobody knows how it ended; ask again later for its answer.',
  'key-reused': 'An idempotency key stands for another request already; give each request a key of its own.',
  'feature-degraded':
    'The program runs on a level of service on which this feature is left out; answer without it, or ask again later.',
  'chaos-injected':
    'A policy for tests made this call fail on purpose; take it out where that is not wanted.',
  'no-instance':
    'A service has no instance that may be called now; the error names the service, how many are known, and why not one of them: try again later, or start one.',
  'http-status':
    'A server answered with a status that stands for a failure; policies see this, the caller of a `fetch` with policies gets the answer itself.',
};
