/** A client whose entry a snapshot passed over is told that it was not applied. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A client whose entry a snapshot passed over is told that it was not applied.',
  patches: [
    {
      file: 'src/node/pending-proposals.ts',
      find: `this.#lost('unknown', 'its entry was passed over')`,
      replace: `this.#lost('not-applied', 'its entry was passed over')`,
    },
  ],
  seenBy: 'test/node/pending-proposals.test.ts',
};
