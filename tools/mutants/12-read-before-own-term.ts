/** A new leader answers a read by a commit index that may be behind what its predecessor committed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A new leader answers a read by a commit index that may be behind what its predecessor committed.',
  patches: [
    {
      file: 'src/raft/reads.ts',
      find: '  if (state.commit < role.first) {',
      replace: '  if (state.commit < 0) {',
    },
  ],
  seenBy: 'test/raft/reads.test.ts',
};
