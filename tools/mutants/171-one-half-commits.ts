/** While joint, the further half decides what is committed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'While joint, the further half decides what is committed.',
  patches: [
    {
      file: 'src/raft/quorum.ts',
      find: '  return Math.min(incoming, reachedByMajority(configuration.outgoing, of));',
      replace: '  return Math.max(incoming, reachedByMajority(configuration.outgoing, of));',
    },
  ],
  seenBy: 'test/raft/quorum.test.ts',
};
