/** Entries behind a snapshot are handed out before the snapshot is. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Entries behind a snapshot are handed out before the snapshot is.',
  patches: [
    {
      file: 'src/raft/raft-group.ts',
      find: `    if (state.install !== undefined) return noEntries;
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/snapshots.test.ts',
};
