/** Two voters change in one step, without a joint configuration. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Two voters change in one step, without a joint configuration.',
  patches: [
    {
      file: 'src/raft/change.ts',
      find: '  if (moved <= 1)',
      replace: '  if (moved <= 2)',
    },
  ],
  seenBy: 'test/raft/change.test.ts',
};
