/** What errors between recipes and the servers that they run on mean, for people: a part of the table. */
import type { EngineErrorCode } from './engine-error-codes.ts';

export const engineMeanings: { readonly [Code in EngineErrorCode]: string } = {
  'package-unavailable':
    'An npm package that is needed here is missing or cannot run on this machine; install it.',
  'capability-missing':
    'A recipe needs a guarantee that its engine does not give; use another engine or another recipe.',
  'engine-unreachable':
    'The server of an engine is down, cannot be reached or lost its connection; the message has its address.',
  'engine-protocol':
    'What listens at the address of an engine does not speak its protocol; check the address and the port.',
  'engine-too-old': 'The server of an engine lacks what is needed; the message names both versions.',
  'engine-read-only': 'The server of an engine takes no writes; connect to the one that does, or mend it.',
  'engine-full': 'The server of an engine has no room left; free some, or raise its limit.',
  'engine-unauthenticated':
    'The server of an engine asks for other credentials, or for rights that these do not have.',
  'engine-data-lost':
    'The server of an engine has lost data since it was connected to; take nothing for granted that was held there.',
  'engine-failed': 'The server of an engine refused with words of its own, which are in the message.',
};
