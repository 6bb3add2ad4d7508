/** A candidate that hears the leader of its own term forgets for whom it voted, and votes again. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A candidate that hears the leader of its own term forgets for whom it voted, and votes again.',
  patches: [
    {
      file: 'src/raft/roles.ts',
      find: `  if (isNewTerm) state.setTerm(term, 0);
`,
      replace: `  if (isNewTerm) state.setTerm(term, 0);
  else if (before.kind === 'candidate') state.vote = 0;
`,
    },
  ],
  seenBy: 'test/raft/elections.test.ts',
};
