/** An old release takes part in a group whose level it does not support. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An old release takes part in a group whose level it does not support.',
  patches: [
    {
      file: 'src/raft/levels.ts',
      find: '  if (level <= levelMax) return undefined;',
      replace: '  if (level <= levelMax || group >= 0) return undefined;',
    },
  ],
  seenBy: 'test/raft/levels.test.ts',
};
