/** A configuration behind an installed snapshot, of a history that is gone, stays in force. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A configuration behind an installed snapshot, of a history that is gone, stays in force.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: `  state.memberships.reset(mark.index, mark.configuration);
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/snapshots.test.ts',
};
