/** A leader asks for collection where nothing is left to collect, and an idle log grows. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader asks for collection where nothing is left to collect, and an idle log grows.',
  patches: [
    {
      file: 'src/mvcc/collection-clock.ts',
      find: 'if (!isCollecting || isBusy || !isAnswered) return 0;',
      replace: 'if (isBusy || !isAnswered) return 0;',
    },
  ],
  seenBy: 'test/mvcc/collection.test.ts',
};
