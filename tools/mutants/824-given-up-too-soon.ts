/** A side that has just come to go on gives up at once whom it lost while it did not. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A side that has just come to go on gives up at once whom it lost while it did not.',
  patches: [
    {
      file: 'src/gossip/verdict/partition-guard.ts',
      find: 'Math.max(this.#roster.firstLostMs, this.#standing.goingMs)',
      replace: 'Math.min(this.#roster.firstLostMs, this.#standing.goingMs)',
    },
  ],
  seenBy: 'test/gossip/verdict/forget-lost.test.ts',
};
