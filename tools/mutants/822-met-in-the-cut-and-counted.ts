/** Whoever is met during a partition counts at once for the side that it has found. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Whoever is met during a partition counts at once for the side that it has found.',
  patches: [
    {
      file: 'src/gossip/verdict/roster.ts',
      find: 'isLate: this.#frozenMs !== undefined };',
      replace: 'isLate: this.#frozenMs === Number.NaN };',
    },
  ],
  seenBy: 'test/gossip/verdict/newcomers.test.ts',
};
