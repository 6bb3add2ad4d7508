/** A part that starts when it was already given up is stopped by nobody. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A part that starts when it was already given up is stopped by nobody.',
  patches: [
    {
      file: 'src/membership/lifecycle/within.ts',
      find: 'if (isOver) late?.(outcome);',
      replace: 'if (isOver) return;',
    },
  ],
  seenBy: 'test/membership/lifecycle/node-lifecycle.test.ts',
};
