/** A granted vote does not reset the election timer, so the voter campaigns against its choice. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A granted vote does not reset the election timer, so the voter campaigns against its choice.',
  patches: [
    {
      file: 'src/raft/election.ts',
      find: `    state.setTerm(state.term, request.from);
    state.resetElectionTimer();
`,
      replace: `    state.setTerm(state.term, request.from);
`,
    },
  ],
  seenBy: 'test/raft/elections.test.ts',
};
