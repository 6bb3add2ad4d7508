/** A follower takes entries without looking at what stands before them. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A follower takes entries without looking at what stands before them.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: '  if (known === 0 && !state.log.holds(previous)) {',
      replace: '  if (known === 0 && previous.index > state.log.lastIndex) {',
    },
  ],
  seenBy: 'test/raft/replication.test.ts',
};
