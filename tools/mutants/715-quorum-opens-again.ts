/** A quorum that stays opens a circuit again whose own probe has succeeded. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A quorum that stays opens a circuit again whose own probe has succeeded.',
  patches: [
    {
      file: 'src/resilience/hint-sharing.ts',
      find: '    const isNew = isQuorum && !this.#isQuorum;',
      replace: '    const isNew = isQuorum;',
    },
  ],
  seenBy: 'test/resilience/hint-sharing.test.ts',
};
