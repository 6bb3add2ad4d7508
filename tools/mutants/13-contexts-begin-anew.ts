/** A restarted follower numbers its questions as in its former life, and takes late answers for its own. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A restarted follower numbers its questions as in its former life, and takes late answers for its own.',
  patches: [
    {
      file: 'src/raft/group-state.ts',
      find: 'new FollowerReads(this.prng.uint32() * 0x10_0000)',
      replace: 'new FollowerReads(0)',
    },
  ],
  seenBy: 'test/raft/reads.test.ts',
};
