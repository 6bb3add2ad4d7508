/** In the turn of a compaction a stuck follower is asked about entries that are gone. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'In the turn of a compaction a stuck follower is asked about entries that are gone.',
  patches: [
    {
      file: 'src/raft/replication.ts',
      find: 'isStuck && next > state.log.base.index) sendAppend',
      replace: 'isStuck) sendAppend',
    },
  ],
  seenBy: 'test/raft/snapshots.test.ts',
};
