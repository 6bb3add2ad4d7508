/** Compaction leaves nothing for slow followers. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Compaction leaves nothing for slow followers.',
  patches: [
    {
      file: 'src/raft/raft-group.ts',
      find: '    const cut = Math.min(index, log.indexBeforeTail(settings.tailBytesMax));',
      replace: '    const cut = Math.max(index, settings.tailBytesMax * 0);',
    },
  ],
  seenBy: 'test/raft/snapshots.test.ts',
};
