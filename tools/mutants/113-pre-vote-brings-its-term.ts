/** Whoever is asked for a pre-vote takes up the term, so a member that was away deposes the leader. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Whoever is asked for a pre-vote takes up the term, so a member that was away deposes the leader.',
  patches: [
    {
      file: 'src/raft/receiving.ts',
      find: "  if (message.kind === 'vote-request') return !message.preVote;",
      replace: "  if (message.kind === 'vote-request') return true;",
    },
  ],
  seenBy: 'test/raft/votes.test.ts',
};
