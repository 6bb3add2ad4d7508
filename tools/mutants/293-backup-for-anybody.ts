/** Whoever may do anything at all may have a backup. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Whoever may do anything at all may have a backup.',
  patches: [
    {
      file: 'src/node/gatekeeper.ts',
      find: 'access.isRoot(credentialOf(caller, access))) return;',
      replace: 'credentialOf(caller, access) !== undefined) return;',
    },
  ],
  seenBy: 'test/client/security.test.ts',
};
