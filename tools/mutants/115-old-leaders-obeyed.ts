/** A message of a deposed leader is taken as if its term were the present one. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A message of a deposed leader is taken as if its term were the present one.',
  patches: [
    {
      file: 'src/raft/receiving.ts',
      find: '  if (message.term < state.term) {',
      replace: '  if (message.term < state.term && !isFromLeader(message)) {',
    },
  ],
  seenBy: 'test/raft/replication.test.ts',
};
