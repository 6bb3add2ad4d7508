/** A follower cuts its log to the end of every append message. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A follower cuts its log to the end of every append message.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: '  state.advanceCommit(Math.min(message.commit, end));',
      replace: `  if (end >= state.commit && end < state.log.lastIndex) state.log.truncateAfter(end);
  state.advanceCommit(Math.min(message.commit, end));`,
    },
  ],
  seenBy: 'test/raft/replication.test.ts',
};
