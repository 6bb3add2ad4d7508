/** The delay of a lock is kept by who saw the holder vanish, and not by who comes later. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The delay of a lock is kept by who saw the holder vanish, and not by who comes later.',
  patches: [
    {
      file: 'src/recipes/lock-delay.ts',
      find: '      if (mark !== undefined) {',
      replace: '      if (mark?.value.length === 0) {',
    },
  ],
  seenBy: 'test/recipes/hold.test.ts',
};
