/** A truncated configuration stays in force. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A truncated configuration stays in force.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: `    if (state.memberships.truncateAfter(first.index - 1)) noteConfiguration(state);
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/snapshots.test.ts',
};
