/** One other process opens a circuit that has seen no failure. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'One other process opens a circuit that has seen no failure.',
  patches: [
    {
      file: 'src/resilience/hint-sharing.ts',
      find: 'this.#board = new HintBoard(quorum ?? Number.POSITIVE_INFINITY);',
      replace: 'this.#board = new HintBoard(quorum ?? 1);',
    },
  ],
  seenBy: 'test/resilience/hint-sharing.test.ts',
};
