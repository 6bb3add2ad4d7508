/** A pruned vector is compared as if what it dropped had never been, so a write that nobody has seen is overwritten. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A pruned vector is compared as if what it dropped had never been, so a write that nobody has seen is overwritten.',
  patches: [
    {
      file: 'src/time/pruned-vector.ts',
      find: "let likelihood: Likelihood = left.unlistedMost === 0 ? 'yes' : 'maybe';",
      replace: "let likelihood: Likelihood = 'yes';",
    },
  ],
  seenBy: 'test/time/pruned-vector.test.ts',
};
