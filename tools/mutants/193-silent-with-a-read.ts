/** A follower falls silent with a read on its way, which then never ends. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A follower falls silent with a read on its way, which then never ends.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: 'log.lastIndex === end.index && followerReads.size === 0;',
      replace: 'log.lastIndex === end.index && followerReads.size >= 0;',
    },
  ],
  seenBy: 'test/raft/quiescence.test.ts',
};
