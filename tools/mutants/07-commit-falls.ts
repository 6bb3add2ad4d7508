/** A late message takes the commit index back. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A late message takes the commit index back.',
  patches: [
    {
      file: 'src/raft/group-state.ts',
      find: '    if (commit > this.commit) this.commit = commit;',
      replace: '    this.commit = commit;',
    },
  ],
  seenBy: 'test/raft/replication.test.ts',
};
