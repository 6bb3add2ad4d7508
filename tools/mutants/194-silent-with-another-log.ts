/** A follower falls silent though its last entry is another than the leader’s. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A follower falls silent though its last entry is another than the leader’s.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: '  return log.holds(end) && commit === end.index',
      replace: '  return commit === end.index',
    },
  ],
  seenBy: 'test/raft/quiescence.test.ts',
};
