/** A group falls silent though a follower lacks an entry. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A group falls silent though a follower lacks an entry.',
  patches: [
    {
      file: 'src/raft/heartbeats.ts',
      find: '    if (progress.match !== last || progress.toldCommit',
      replace: '    if (progress.toldCommit',
    },
  ],
  seenBy: 'test/raft/quiescence.test.ts',
};
