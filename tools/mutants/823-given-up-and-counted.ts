/** Members that the side that goes on has given up count themselves for ever. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Members that the side that goes on has given up count themselves for ever.',
  patches: [
    {
      file: 'src/gossip/verdict/standing.ts',
      find: 'this.#awayMs + this.#unsettleMs :',
      replace: 'this.#awayMs + 1_000 * this.#unsettleMs :',
    },
  ],
  seenBy: 'test/gossip/verdict/forget-lost.test.ts',
};
