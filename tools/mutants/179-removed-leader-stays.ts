/** A leader that has no vote any more stays in office. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader that has no vote any more stays in office.',
  patches: [
    {
      file: 'src/raft/leader-members.ts',
      find: "  return current.voters.includes(state.member) ? 'stay' : 'step-down';",
      replace: "  return 'stay';",
    },
  ],
  seenBy: 'test/raft/removal.test.ts',
};
