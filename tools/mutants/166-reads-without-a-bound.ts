/** Reads that wait for the state machine do not count against the bound. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Reads that wait for the state machine do not count against the bound.',
  patches: [
    {
      file: 'src/raft/reads.ts',
      find: '  if (unconfirmed + indexedReads.size >= readsMax)',
      replace: '  if (unconfirmed >= readsMax)',
    },
  ],
  seenBy: 'test/raft/reads.test.ts',
};
