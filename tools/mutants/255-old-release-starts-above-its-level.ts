/** An old release starts from a log whose level it does not support. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An old release starts from a log whose level it does not support.',
  patches: [
    {
      file: 'src/raft/levels.ts',
      find: '    if (level > levelMax) throw levelUnsupported(',
      replace: '    if (level > levelMax + 9) throw levelUnsupported(',
    },
  ],
  seenBy: 'test/raft/levels.test.ts',
};
