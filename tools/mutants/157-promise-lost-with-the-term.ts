/** A promise does not hold in the term of the next candidate, when that term came by another message. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A promise does not hold in the term of the next candidate, when that term came by another message.',
  patches: [
    {
      file: 'src/raft/election.ts',
      find: '(request.forced || !state.isBound);',
      replace: '(request.forced || state.term > 0);',
    },
  ],
  seenBy: 'test/raft/leases.test.ts',
};
