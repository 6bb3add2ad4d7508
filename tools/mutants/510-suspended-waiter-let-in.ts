/** Whose renewals are not answered is let in all the same, and loses it at once. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Whose renewals are not answered is let in all the same, and loses it at once.',
  patches: [
    {
      file: 'src/recipes/line.ts',
      find: '    while (!(look.isTurn && this.#isHeard(place))) {',
      replace: '    while (!look.isTurn) {',
    },
  ],
  seenBy: 'test/recipes/hold.test.ts',
};
