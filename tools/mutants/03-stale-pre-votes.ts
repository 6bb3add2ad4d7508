/** A pre-vote that was granted for another term answers the present question. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A pre-vote that was granted for another term answers the present question.',
  patches: [
    {
      file: 'src/raft/election.ts',
      find: `  if (reply.preVote && reply.granted && reply.term !== state.term + 1) return;
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/elections.test.ts',
};
