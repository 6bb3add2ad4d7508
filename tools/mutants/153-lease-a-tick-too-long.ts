/** The lease forgets that the first tick of the other clock may come at once. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The lease forgets that the first tick of the other clock may come at once.',
  patches: [
    {
      file: 'src/raft/options.ts',
      find: '((settings.electionTicksMin - 1) *',
      replace: '(settings.electionTicksMin *',
    },
  ],
  seenBy: 'test/raft/options.test.ts',
};
