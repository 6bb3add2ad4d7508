/** A quorum that stays opens a circuit again whose own probe has succeeded. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A quorum that stays opens a circuit again whose own probe has succeeded.',
  patches: [
    {
      file: 'src/resilience/hint-board.ts',
      find: 'return !wasQuorum && countOpen(open, nowMs) >= this.#quorum;',
      replace: 'return countOpen(open, nowMs) >= this.#quorum;',
    },
  ],
  seenBy: 'test/resilience/hint-sharing.test.ts',
};
