/** The codes of errors between recipes and the servers that they run on: a part of the catalogue. */
import type { ErrorDataByCode } from './error-data.ts';
import type { ErrorTraits } from './error-traits.ts';

export type EngineErrorCode = Extract<
  keyof ErrorDataByCode,
  `engine-${string}` | 'capability-missing' | 'package-unavailable'
>;

export const engineErrors: { readonly [Code in EngineErrorCode]: ErrorTraits } = {
  'package-unavailable': { retryable: false, outcome: 'not-applied' },
  'capability-missing': { retryable: false, outcome: 'not-applied' },
  'engine-unreachable': { retryable: true, outcome: 'unknown' },
  'engine-protocol': { retryable: false, outcome: 'unknown' },
  'engine-too-old': { retryable: false, outcome: 'not-applied' },
  'engine-read-only': { retryable: true, outcome: 'not-applied' },
  'engine-full': { retryable: true, outcome: 'not-applied' },
  'engine-unauthenticated': { retryable: false, outcome: 'not-applied' },
  'engine-data-lost': { retryable: false, outcome: 'unknown' },
  'engine-failed': { retryable: false, outcome: 'unknown' },
};
