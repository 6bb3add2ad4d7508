/** A leader that loses office tells its clients that nothing was applied. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader that loses office tells its clients that nothing was applied.',
  patches: [
    {
      file: 'src/node/pending-proposals.ts',
      find: `      this.#next(batch).reject(this.#lost('unknown', reason));`,
      replace: `      this.#next(batch).reject(this.#lost('not-applied', reason));`,
    },
  ],
  seenBy: 'test/node/pending-proposals.test.ts',
};
