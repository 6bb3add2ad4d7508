/** Proposals are taken while leadership is handed over, so the successor never catches up. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Proposals are taken while leadership is handed over, so the successor never catches up.',
  patches: [
    {
      file: 'src/raft/raft-group.ts',
      find: `    if (role.transfer !== undefined) return refused(notLeader(group, role.transfer.to));
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/transfer.test.ts',
};
