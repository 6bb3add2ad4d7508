/** A client comes again before the time that an overloaded node has named. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A client comes again before the time that an overloaded node has named.',
  patches: [
    {
      file: 'src/client/retry-pauses.ts',
      find: ', leastMs * (1 + share)',
      replace: ', leastMs * share',
    },
  ],
  seenBy: 'test/client/retry-pauses.test.ts',
};
