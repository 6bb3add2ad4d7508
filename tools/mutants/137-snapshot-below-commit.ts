/** A snapshot is installed over what is committed already. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A snapshot is installed over what is committed already.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: '  if (mark.index <= state.commit) {',
      replace: '  if (mark.index < 0) {',
    },
  ],
  seenBy: 'test/raft/snapshots.test.ts',
};
