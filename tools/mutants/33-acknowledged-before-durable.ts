/** A follower acknowledges entries before its disk has answered. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A follower acknowledges entries before its disk has answered.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: '  state.outbox.sendAfterLog({',
      replace: '  state.outbox.send({',
    },
  ],
  seenBy: 'test/raft/durability.test.ts',
};
