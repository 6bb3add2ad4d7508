/** A leader that told a successor to campaign serves reads by its lease. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader that told a successor to campaign serves reads by its lease.',
  patches: [
    {
      file: 'src/raft/transfer.ts',
      find: `  role.reads.forfeitLease();
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/leases.test.ts',
};
