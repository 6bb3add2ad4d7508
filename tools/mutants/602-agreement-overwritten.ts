/** A proposal is put whether or not something is decided, so the last one wins and some have heard another. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A proposal is put whether or not something is decided, so the last one wins and some have heard another.',
  patches: [
    {
      file: 'src/recipes/agreement.ts',
      find: `when: [{ key: path, is: 'absent' }],`,
      replace: 'when: [],',
    },
  ],
  seenBy: 'test/recipes/agreement.test.ts',
};
