/** Who comes with another number than those before him has them refused, in place of himself. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who comes with another number than those before him has them refused, in place of himself.',
  patches: [
    {
      file: 'src/recipes/number-in-places.ts',
      find: '    if (key === own) return;',
      replace: '    if (key === own) continue;',
    },
  ],
  seenBy: 'test/recipes/barriers.test.ts',
};
