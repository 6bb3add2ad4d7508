/** A compaction forgets deletions of the revision behind it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A compaction forgets deletions of the revision behind it.',
  patches: [
    {
      file: 'src/mvcc/collector.ts',
      find: 'const end = Math.min(state.compactedRevision + 1, before);',
      replace: 'const end = Math.min(state.compactedRevision + 2, before);',
    },
  ],
  seenBy: 'test/mvcc/watches.test.ts',
};
