/** The codes of errors that policies around a call answer with themselves: a part of the catalogue. */
import type { ErrorDataByCode } from './error-data.ts';
import type { ErrorTraits } from './error-traits.ts';

type ResilienceErrorCode = Extract<
  keyof ErrorDataByCode,
  | 'circuit-open'
  | 'bulkhead-full'
  | 'load-shed'
  | 'rate-limited'
  | 'answer-pending'
  | 'chaos-injected'
  | 'http-status'
>;

export const resilienceErrors: { readonly [Code in ResilienceErrorCode]: ErrorTraits } = {
  'circuit-open': {
    retryable: true,
    outcome: 'not-applied',
    meaning:
      'A breaker lets no call through to what it guards; try again after the time that the error names, or answer without it.',
  },
  'bulkhead-full': {
    retryable: true,
    outcome: 'not-applied',
    meaning: 'As many calls run and wait as a bulkhead allows; slow down, or raise what the message names.',
  },
  'load-shed': {
    retryable: true,
    outcome: 'not-applied',
    meaning:
      'An adaptive limit has no room for a call of this priority; try again after the time that the error names, or ask for less.',
  },
  'rate-limited': {
    retryable: true,
    outcome: 'not-applied',
    meaning: 'More calls were made than a rate limit allows; try again after the time that the error names.',
  },
  'answer-pending': {
    retryable: true,
    outcome: 'unknown',
    meaning:
      'A call with the same idempotency key is under way, or nobody knows how it ended; ask again later for its answer.',
  },
  'chaos-injected': {
    retryable: true,
    outcome: 'not-applied',
    meaning: 'A policy for tests made this call fail on purpose; take it out where that is not wanted.',
  },
  'http-status': {
    retryable: true,
    outcome: 'unknown',
    meaning:
      'A server answered with a status that stands for a failure; policies see this, the caller of a `fetch` with policies gets the answer itself.',
  },
};
