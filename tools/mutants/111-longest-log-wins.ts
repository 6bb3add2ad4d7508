/** A longer log wins against a later last term (Raft §5.4.1 read in haste). */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A longer log wins against a later last term (Raft §5.4.1 read in haste).',
  patches: [
    {
      file: 'src/raft/raft-log.ts',
      find: '    return candidateLast.term > term || (candidateLast.term === term && candidateLast.index >= index);',
      replace: '    return candidateLast.index >= index;',
    },
  ],
  seenBy: 'test/raft/votes.test.ts',
};
