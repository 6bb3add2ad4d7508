/** The first part of an append that was cut names a commit index behind its entries. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The first part of an append that was cut names a commit index behind its entries.',
  patches: [
    {
      file: 'src/node/append-split.ts',
      find: 'commit: Math.min(hardState.commit, last.index)',
      replace: 'commit: Math.max(hardState.commit, 0 * last.index)',
    },
  ],
  seenBy: 'test/node/append-split.test.ts',
};
