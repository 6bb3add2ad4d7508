/** A process counts what it has told itself among what others tell. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A process counts what it has told itself among what others tell.',
  patches: [
    {
      file: 'src/recipes/resilience/reports-by-circuit.ts',
      find: 'if (report !== undefined && report.reporter !== this.#own) {',
      replace: 'if (report !== undefined && this.#own !== undefined) {',
    },
  ],
  seenBy: 'test/recipes/resilience/engine-hints.test.ts',
};
