/** A client that finds its leader silent goes to whoever says to lead, though its term is over. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A client that finds its leader silent goes to whoever says to lead, though its term is over.',
  patches: [
    {
      file: 'src/client/leader-search.ts',
      find: 'opinion.leads && opinion.term === term',
      replace: 'opinion.leads && opinion.term <= term',
    },
  ],
  seenBy: 'test/client/silence.test.ts',
};
