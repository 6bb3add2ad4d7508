/** A leader counts its own copy before its disk has answered; a group of one loses what it acknowledged. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader counts its own copy before its disk has answered; a group of one loses what it acknowledged.',
  patches: [
    {
      file: 'src/raft/replication.ts',
      find: '    member === state.member ? state.log.durable : (',
      replace: '    member === state.member ? state.log.lastIndex : (',
    },
  ],
  seenBy: 'test/raft/durability.test.ts',
};
