/** A member is believed no further than others are: one forged packet takes it above what anybody believes, and there it is dead for ever. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member is believed no further than others are: one forged packet takes it above what anybody believes, and there it is dead for ever.',
  patches: [
    {
      file: 'src/gossip/beliefs.ts',
      find: 'member === undefined || by === claim.id ? ownJumps : 1',
      replace: 'member === undefined ? ownJumps : 1',
    },
  ],
  seenBy: 'test/gossip/forgery.test.ts',
};
