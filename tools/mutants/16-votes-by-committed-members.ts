/** Votes are counted by the configuration that is committed, not by the latest in the log. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Votes are counted by the configuration that is committed, not by the latest in the log.',
  patches: [
    {
      file: 'src/raft/election.ts',
      find: '  return voteResult(state.memberships.current, ',
      replace: '  return voteResult(state.memberships.at(state.commit), ',
    },
  ],
  seenBy: 'test/raft/membership.test.ts',
};
