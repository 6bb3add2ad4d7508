/** A recovered cluster keeps the id of the old one, whose members then are no strangers. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A recovered cluster keeps the id of the old one, whose members then are no strangers.',
  patches: [
    {
      file: 'src/node/recovering.ts',
      find: 'drawIdentity(random, drawClusterName(random))',
      replace: 'drawIdentity(random, survivor.identity.cluster || drawClusterName(random))',
    },
  ],
  seenBy: 'test/node/recovering.test.ts',
};
