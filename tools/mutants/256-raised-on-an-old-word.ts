/** A member that nobody hears any more counts as one that can follow. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member that nobody hears any more counts as one that can follow.',
  patches: [
    {
      file: 'src/raft/raising.ts',
      find: 'progress?.recentlyHeard === true && progress',
      replace: 'progress !== undefined && progress',
    },
  ],
  seenBy: 'test/raft/levels.test.ts',
};
