/** A member that is told to campaign does so at once, whatever it promised. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member that is told to campaign does so at once, whatever it promised.',
  patches: [
    {
      file: 'src/raft/election.ts',
      find: '  const promised = state.isBound ? electionTicksMin - state.promiseTicks : 0;',
      replace: '  const promised = state.isBound ? electionTicksMin * 0 : 0;',
    },
  ],
  seenBy: 'test/raft/leases.test.ts',
};
