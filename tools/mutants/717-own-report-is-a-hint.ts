/** A process counts what it has told itself among what others tell. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A process counts what it has told itself among what others tell.',
  patches: [
    {
      file: 'src/recipes/resilience/circuit-listener.ts',
      find: 'if (report !== undefined && report.reporter !== reporter) newest',
      replace: 'if (report !== undefined && reporter !== undefined) newest',
    },
  ],
  seenBy: 'test/recipes/resilience/engine-hints.test.ts',
};
