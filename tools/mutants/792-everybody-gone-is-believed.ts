/** A registry that forgets everybody at once is believed, and nobody is left to call. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A registry that forgets everybody at once is believed, and nobody is left to call.',
  patches: [
    {
      file: 'src/discovery/loss-guard.ts',
      find: `    this.#isHolding = size > 0 && size >= share * (present + size);
`,
      replace: `    this.#isHolding = size > 0 && present > 0 && size >= share * (present + size);
`,
    },
  ],
  seenBy: 'test/discovery/view.test.ts',
};
