/** A member that is to lead only on request campaigns like any other. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member that is to lead only on request campaigns like any other.',
  patches: [
    {
      file: 'src/raft/ticking.ts',
      find: `  if (settings.priority === 0 && !state.isSoleVoter && !state.damaged) return false;
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/campaigns.test.ts',
};
