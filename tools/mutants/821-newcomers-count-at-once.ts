/** A newcomer counts at once, so that a side of newcomers takes itself for the majority. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A newcomer counts at once, so that a side of newcomers takes itself for the majority.',
  patches: [
    {
      file: 'src/gossip/verdict/standing.ts',
      find: 'this.#sinceMs + this.#settleMs;',
      replace: 'this.#sinceMs + 0 * this.#settleMs;',
    },
  ],
  seenBy: 'test/gossip/verdict/newcomers.test.ts',
};
