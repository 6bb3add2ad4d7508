/** A member that lost entries is whole when it holds what is committed, and forgets what may be. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member that lost entries is whole when it holds what is committed, and forgets what may be.',
  patches: [
    {
      file: 'src/raft/repairing.ts',
      find: 'index: state.log.lastIndex',
      replace: 'index: state.commit',
    },
  ],
  seenBy: 'test/raft/repair.test.ts',
};
