/** A watcher that falls behind a compaction is served with a gap. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A watcher that falls behind a compaction is served with a gap.',
  patches: [
    {
      file: 'src/mvcc/watches.ts',
      find: '      if (watcher.next <= this.#source.compactedRevision) gone.push(watcher.id);',
      replace: '      if (watcher.next < 0) gone.push(watcher.id);',
    },
  ],
  seenBy: 'test/mvcc/watches.test.ts',
};
