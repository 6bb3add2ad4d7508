/** A snapshot from the leader takes back the promise that its lease rests on. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A snapshot from the leader takes back the promise that its lease rests on.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: '  heardLeader(state, state.promiseBinds);',
      replace: '  heardLeader(state, false);',
    },
  ],
  seenBy: 'test/raft/leases.test.ts',
};
