/** What errors between programs that send each other messages mean, for people: a part of the table. */
import type { MessagingErrorCode } from './messaging-error-codes.ts';

export const messagingMeanings: { readonly [Code in MessagingErrorCode]: string } = {
  'service-unknown':
    'The program that was asked has no handler of this name; check the name, or wait until it has.',
  'service-failed': 'A handler in another program threw what is no error of ours; the message has its words.',
  'call-cancelled': 'What a handler was asked for is not waited for any more; stop working on it.',
  'stream-aborted':
    'The other side, or this one, gave a stream up before its end; the message has the reason.',
};
