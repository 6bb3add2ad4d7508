/** A returning leader keeps an uncommitted suffix: what does not fit is passed over. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A returning leader keeps an uncommitted suffix: what does not fit is passed over.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: `    state.log.truncateAfter(first.index - 1);
`,
      replace: `    return;
`,
    },
  ],
  seenBy: 'test/raft/replication.test.ts',
};
