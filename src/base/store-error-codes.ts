/** The codes with which the store refuses what it is asked for: a part of the catalogue. */
import type { ErrorDataByCode } from './error-data.ts';
import type { ErrorTraits } from './error-traits.ts';

export type StoreErrorCode = Extract<
  keyof ErrorDataByCode,
  | 'compacted'
  | 'future-revision'
  | 'fenced'
  | 'lease-not-found'
  | 'lease-exists'
  | 'too-many-leases'
  | 'lease-full'
  | 'ttl-out-of-range'
  | 'session-expired'
  | 'session-full'
  | 'stale-request'
  | 'quota-exceeded'
  | 'key-too-large'
  | 'value-too-large'
  | 'transaction-too-large'
  | 'too-many-keys'
  | 'duplicate-key'
  | 'limit-out-of-range'
  | 'not-read-only'
  | 'not-a-number'
  | 'counter-out-of-range'
  | 'key-exists'
>;

export const storeErrors: { readonly [Code in StoreErrorCode]: ErrorTraits } = {
  compacted: { retryable: false, outcome: 'not-applied' },
  'future-revision': { retryable: true, outcome: 'not-applied' },
  fenced: { retryable: false, outcome: 'not-applied' },
  'lease-not-found': { retryable: false, outcome: 'not-applied' },
  'lease-exists': { retryable: false, outcome: 'not-applied' },
  'too-many-leases': { retryable: true, outcome: 'not-applied' },
  'lease-full': { retryable: false, outcome: 'not-applied' },
  'ttl-out-of-range': { retryable: false, outcome: 'not-applied' },
  'session-expired': { retryable: false, outcome: 'unknown' },
  'session-full': { retryable: true, outcome: 'not-applied' },
  'stale-request': { retryable: false, outcome: 'unknown' },
  'quota-exceeded': { retryable: true, outcome: 'not-applied' },
  'key-too-large': { retryable: false, outcome: 'not-applied' },
  'value-too-large': { retryable: false, outcome: 'not-applied' },
  'transaction-too-large': { retryable: false, outcome: 'not-applied' },
  'too-many-keys': { retryable: false, outcome: 'not-applied' },
  'duplicate-key': { retryable: false, outcome: 'not-applied' },
  'not-a-number': { retryable: false, outcome: 'not-applied' },
  'counter-out-of-range': { retryable: false, outcome: 'not-applied' },
  'key-exists': { retryable: false, outcome: 'not-applied' },
  'limit-out-of-range': { retryable: false, outcome: 'not-applied' },
  'not-read-only': { retryable: false, outcome: 'not-applied' },
};
