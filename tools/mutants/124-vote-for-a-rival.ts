/** A follower that knows the leader of its term votes for another candidate of that term. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A follower that knows the leader of its term votes for another candidate of that term.',
  patches: [
    {
      file: 'src/raft/election.ts',
      find: '  return state.vote === 0 && state.leader === 0 && (request.forced || !state.isBound);',
      replace: '  return state.vote === 0 && (request.forced || !state.isBound);',
    },
  ],
  seenBy: 'test/raft/votes.test.ts',
};
