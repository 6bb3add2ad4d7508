/** A read that the leader never answers waits for ever. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A read that the leader never answers waits for ever.',
  patches: [
    {
      file: 'src/raft/follower-reads.ts',
      find: '      if (asked.ticksLeft <= 0) late',
      replace: '      if (asked.ticksLeft <= -1e9) late',
    },
  ],
  seenBy: 'test/raft/reads.test.ts',
};
