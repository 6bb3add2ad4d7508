/** A new leader changes the members before it has committed an entry of its own term. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A new leader changes the members before it has committed an entry of its own term.',
  patches: [
    {
      file: 'src/raft/leader-members.ts',
      find: `  if (state.commit < role.first)
    return 'its leader`,
      replace: `  if (state.commit < 0)
    return 'its leader`,
    },
  ],
  seenBy: 'test/raft/membership.test.ts',
};
