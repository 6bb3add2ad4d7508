/** Within one last term the length of the log is not compared. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Within one last term the length of the log is not compared.',
  patches: [
    {
      file: 'src/raft/raft-log.ts',
      find: '    return candidateLast.term > term || (candidateLast.term === term && candidateLast.index >= index);',
      replace: '    return candidateLast.term >= term;',
    },
  ],
  seenBy: 'test/raft/transfer.test.ts',
};
