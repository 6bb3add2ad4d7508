/** A failure that may have had an effect is tried again although nobody said that this is harmless. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A failure that may have had an effect is tried again although nobody said that this is harmless.',
  patches: [
    {
      file: 'src/resilience/retry-verdict.ts',
      find: "  return mayHaveHadEffect(stated, rule.unstated) && !call.idempotent ? 'unknown-outcome' : 'again';",
      replace: "  return 'again';",
    },
  ],
  seenBy: 'test/resilience/retry-verdict.test.ts',
};
