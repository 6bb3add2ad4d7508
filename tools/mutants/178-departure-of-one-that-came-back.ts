/** A member that was removed and has come back is let go as one that departs. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member that was removed and has come back is let go as one that departs.',
  patches: [
    {
      file: 'src/raft/leader-members.ts',
      find: '    else known.departure = undefined;',
      replace: '    else known.recentlyHeard = true;',
    },
  ],
  seenBy: 'test/raft/removal.test.ts',
};
