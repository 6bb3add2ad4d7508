/** Committed entries keep counting against the bound on proposals. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Committed entries keep counting against the bound on proposals.',
  patches: [
    {
      file: 'src/raft/replication.ts',
      find: '    role.uncommittedBytes -= entryBytes(state.log.entry(index));',
      replace: '    if (index < 0) role.uncommittedBytes -= entryBytes(state.log.entry(index));',
    },
  ],
  seenBy: 'test/raft/flow.test.ts',
};
