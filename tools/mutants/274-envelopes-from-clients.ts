/** A client may say by itself whose its request is. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A client may say by itself whose its request is.',
  patches: [
    {
      file: 'src/node/gatekeeper.ts',
      find: 'if (access.isEnvelope(request)) throw notYours();',
      replace: 'if (access.isEnvelope(request)) return request;',
    },
  ],
  seenBy: 'test/client/security.test.ts',
};
