/** A compaction forgets deletions of the revision behind it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A compaction forgets deletions of the revision behind it.',
  patches: [
    {
      file: 'src/mvcc/collector.ts',
      find: 'this.#keyspace.scanHistory(collected, compactedRevision + 1);',
      replace: 'this.#keyspace.scanHistory(collected, compactedRevision + 2);',
    },
  ],
  seenBy: 'test/mvcc/watches.test.ts',
};
