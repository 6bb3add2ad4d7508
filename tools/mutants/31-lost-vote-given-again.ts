/** A member that may have lost its vote is repaired like one that lost entries, and votes again. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member that may have lost its vote is repaired like one that lost entries, and votes again.',
  patches: [
    {
      file: 'src/node/node-storage.ts',
      find: `isVoteIntact ? 'entries' : 'vote'`,
      replace: `isVoteIntact ? 'entries' : 'entries'`,
    },
  ],
  seenBy: 'test/node/repair.test.ts',
};
