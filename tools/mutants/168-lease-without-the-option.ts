/** Reads are served by lease though no follower has promised anything. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Reads are served by lease though no follower has promised anything.',
  patches: [
    {
      file: 'src/raft/reads.ts',
      find: '  return state.settings.leaseReads && state.now',
      replace: '  return state.now',
    },
  ],
  seenBy: 'test/raft/leases.test.ts',
};
