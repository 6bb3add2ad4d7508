/** A candidate takes the first vote that comes for a majority. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A candidate takes the first vote that comes for a majority.',
  patches: [
    {
      file: 'src/raft/quorum.ts',
      find: "  if (granted >= needed) return 'won';",
      replace: "  if (granted > 0) return 'won';",
    },
  ],
  seenBy: 'test/raft/quorum.test.ts',
};
