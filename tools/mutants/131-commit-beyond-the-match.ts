/** A heartbeat tells a follower to commit entries that it may hold in another version. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A heartbeat tells a follower to commit entries that it may hold in another version.',
  patches: [
    {
      file: 'src/raft/heartbeats.ts',
      find: '    const commit = Math.min(state.commit, progress.match);',
      replace: '    const commit = state.commit;',
    },
  ],
  seenBy: 'test/raft/repair.test.ts',
};
