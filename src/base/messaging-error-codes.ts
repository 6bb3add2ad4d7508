/** The codes of errors between programs that send each other messages: a part of the catalogue. */
import type { ErrorDataByCode } from './error-data.ts';
import type { ErrorTraits } from './error-traits.ts';

export type MessagingErrorCode = Extract<
  keyof ErrorDataByCode,
  'service-unknown' | 'service-failed' | 'call-cancelled' | 'stream-aborted'
>;

export const messagingErrors: { readonly [Code in MessagingErrorCode]: ErrorTraits } = {
  'service-unknown': { retryable: false, outcome: 'not-applied' },
  'service-failed': { retryable: false, outcome: 'unknown' },
  'call-cancelled': { retryable: false, outcome: 'unknown' },
  'stream-aborted': { retryable: false, outcome: 'unknown' },
};
