/** The codes of errors that policies around a call answer with themselves: a part of the catalogue. */
import type { ErrorDataByCode } from './error-data.ts';
import type { ErrorTraits } from './error-traits.ts';

export type ResilienceErrorCode = Extract<
  keyof ErrorDataByCode,
  | 'circuit-open'
  | 'bulkhead-full'
  | 'load-shed'
  | 'rate-limited'
  | 'answer-pending'
  | 'http-status'
  | 'key-reused'
  | 'feature-degraded'
  | 'chaos-injected'
  | 'no-instance'
>;

export const resilienceErrors: { readonly [Code in ResilienceErrorCode]: ErrorTraits } = {
  'circuit-open': { retryable: true, outcome: 'not-applied' },
  'bulkhead-full': { retryable: true, outcome: 'not-applied' },
  'load-shed': { retryable: true, outcome: 'not-applied' },
  'rate-limited': { retryable: true, outcome: 'not-applied' },
  'answer-pending': { retryable: true, outcome: 'unknown' },
  'no-instance': { retryable: true, outcome: 'not-applied' },
  'chaos-injected': { retryable: true, outcome: 'not-applied' },
  'key-reused': { retryable: false, outcome: 'not-applied' },
  'feature-degraded': { retryable: false, outcome: 'not-applied' },
  'http-status': { retryable: true, outcome: 'unknown' },
};
