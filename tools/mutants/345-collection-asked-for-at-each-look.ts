/** A leader whose state gets nowhere fills its log with requests for collection. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader whose state gets nowhere fills its log with requests for collection.',
  patches: [
    {
      file: 'src/mvcc/collection-clock.ts',
      find: 'if (!isCollecting || isBusy || !isAnswered) return 0;',
      replace: 'if (!isCollecting || isBusy) return 0;',
    },
  ],
  seenBy: 'test/mvcc/collection.test.ts',
};
