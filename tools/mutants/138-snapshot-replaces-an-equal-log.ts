/** A snapshot of what the log holds throws away what lies behind it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A snapshot of what the log holds throws away what lies behind it.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: '  if (state.log.holds(mark)) {',
      replace: '  if (mark.index < 0) {',
    },
  ],
  seenBy: 'test/raft/snapshots.test.ts',
};
