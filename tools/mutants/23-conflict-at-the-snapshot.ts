/** A log that reaches to a snapshot is taken to hold it, though its entry there is another. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A log that reaches to a snapshot is taken to hold it, though its entry there is another.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: '  if (state.log.holds(mark)) {',
      replace: '  if (mark.index <= state.log.lastIndex) {',
    },
  ],
  seenBy: 'test/raft/snapshots.test.ts',
};
