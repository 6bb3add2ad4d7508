/** The only voter left by an uncommitted change leads while its predecessor holds a lease. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The only voter left by an uncommitted change leads while its predecessor holds a lease.',
  patches: [
    {
      file: 'src/raft/ticking.ts',
      find: '  if (state.isSoleVoter && memberships.index <= state.commit) return true;',
      replace: '  if (state.isSoleVoter) return true;',
    },
  ],
  seenBy: 'test/raft/leases.test.ts',
};
