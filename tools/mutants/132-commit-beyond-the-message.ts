/** A follower commits up to the leader’s index, beyond what the message proves to be equal. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A follower commits up to the leader’s index, beyond what the message proves to be equal.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: '  state.advanceCommit(Math.min(message.commit, end));',
      replace: '  state.advanceCommit(Math.min(message.commit, state.log.lastIndex));',
    },
  ],
  seenBy: 'test/raft/replication.test.ts',
};
