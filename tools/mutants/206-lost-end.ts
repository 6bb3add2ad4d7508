/** The last message before silence was lost, and nobody notices. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The last message before silence was lost, and nobody notices.',
  patches: [
    {
      file: 'src/raft/replication.ts',
      find: '(inflight.isFull || next > state.log.lastIndex);',
      replace: 'inflight.isFull;',
    },
  ],
  seenBy: 'test/raft/repair.test.ts',
};
