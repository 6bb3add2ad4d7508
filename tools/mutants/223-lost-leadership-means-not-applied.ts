/** A leader that loses office tells its clients that nothing was applied. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader that loses office tells its clients that nothing was applied.',
  patches: [
    {
      file: 'src/node/pending-proposals.ts',
      find: `      first.waiter.reject(this.#lost('unknown', reason));`,
      replace: `      first.waiter.reject(this.#lost('not-applied', reason));`,
    },
  ],
};
