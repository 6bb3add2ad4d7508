/** A second snapshot is handed out while the state machine is restoring the first. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A second snapshot is handed out while the state machine is restoring the first.',
  patches: [
    {
      file: 'src/raft/raft-group.ts',
      find: `    if (state.applied < state.installing) return undefined;
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/snapshots.test.ts',
};
