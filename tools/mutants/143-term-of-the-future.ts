/** A term near the end of all numbers is taken up, and leaves no room for another election. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A term near the end of all numbers is taken up, and leaves no room for another election.',
  patches: [
    {
      file: 'src/raft/validation.ts',
      find: 'const termMax = 2 ** 48;',
      replace: 'const termMax = Number.MAX_SAFE_INTEGER;',
    },
  ],
  seenBy: 'test/raft/refusals.test.ts',
};
