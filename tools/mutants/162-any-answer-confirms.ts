/** Whichever round a follower answers, its answer counts for the latest. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Whichever round a follower answers, its answer counts for the latest.',
  patches: [
    {
      file: 'src/raft/replication.ts',
      find: '  progress.answered(reply.round);',
      replace: '  progress.answered(role.reads.round);',
    },
  ],
  seenBy: 'test/raft/reads.test.ts',
};
