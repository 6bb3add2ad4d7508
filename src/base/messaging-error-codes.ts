/** The codes of errors between programs that send each other messages: a part of the catalogue. */
import type { ErrorDataByCode } from './error-data.ts';
import type { ErrorTraits } from './error-traits.ts';

type MessagingErrorCode = Extract<
  keyof ErrorDataByCode,
  'service-unknown' | 'service-failed' | 'call-cancelled' | 'stream-aborted'
>;

export const messagingErrors: { readonly [Code in MessagingErrorCode]: ErrorTraits } = {
  'service-unknown': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'The program that was asked has no handler of this name; check the name, or wait until it has.',
  },
  'service-failed': {
    retryable: false,
    outcome: 'unknown',
    meaning: 'A handler in another program threw what is no error of ours; the message has its words.',
  },
  'call-cancelled': {
    retryable: false,
    outcome: 'unknown',
    meaning: 'What a handler was asked for is not waited for any more; stop working on it.',
  },
  'stream-aborted': {
    retryable: false,
    outcome: 'unknown',
    meaning: 'The other side, or this one, gave a stream up before its end; the message has the reason.',
  },
};
