/** A member that lost entries votes again as soon as it has heard any leader. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member that lost entries votes again as soon as it has heard any leader.',
  patches: [
    {
      file: 'src/raft/repairing.ts',
      find: 'target === undefined || repair.term !== term',
      replace: 'repair.term !== term',
    },
  ],
  seenBy: 'test/raft/repair.test.ts',
};
