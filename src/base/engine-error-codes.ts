/** The codes of errors between recipes and the servers that they run on: a part of the catalogue. */
import type { ErrorDataByCode } from './error-data.ts';
import type { ErrorTraits } from './error-traits.ts';

type EngineErrorCode = Extract<
  keyof ErrorDataByCode,
  `engine-${string}` | 'capability-missing' | 'package-unavailable'
>;

export const engineErrors: { readonly [Code in EngineErrorCode]: ErrorTraits } = {
  'package-unavailable': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'An npm package that is needed here is missing or cannot run on this machine; install it.',
  },
  'capability-missing': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'A recipe needs a guarantee that its engine does not give; use another engine or another recipe.',
  },
  'engine-unreachable': {
    retryable: true,
    outcome: 'unknown',
    meaning:
      'The server of an engine is down, cannot be reached or lost its connection; the message has its address.',
  },
  'engine-protocol': {
    retryable: false,
    outcome: 'unknown',
    meaning:
      'What listens at the address of an engine does not speak its protocol; check the address and the port.',
  },
  'engine-too-old': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'The server of an engine lacks what is needed; the message names both versions.',
  },
  'engine-read-only': {
    retryable: true,
    outcome: 'not-applied',
    meaning: 'The server of an engine takes no writes; connect to the one that does, or mend it.',
  },
  'engine-full': {
    retryable: true,
    outcome: 'not-applied',
    meaning: 'The server of an engine has no room left; free some, or raise its limit.',
  },
  'engine-unauthenticated': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'The server of an engine asks for other credentials, or for rights that these do not have.',
  },
  'engine-data-lost': {
    retryable: false,
    outcome: 'unknown',
    meaning:
      'The server of an engine has lost data since it was connected to; take nothing for granted that was held there.',
  },
  'engine-failed': {
    retryable: false,
    outcome: 'unknown',
    meaning: 'The server of an engine refused with words of its own, which are in the message.',
  },
};
