/** The error that clocks agree on reaches only as far as the place that most of them cover, where the truth need not be. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The error that clocks agree on reaches only as far as the place that most of them cover, where the truth need not be.',
  patches: [
    {
      file: 'src/time/agreement.ts',
      find: 'const sure = coveredBy(edges, majority);',
      replace: 'const sure = best;',
    },
  ],
  seenBy: 'test/time/agreement.test.ts',
};
