/** What a damaged member lost is not found out until something new is proposed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'What a damaged member lost is not found out until something new is proposed.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: `  if (commit > state.log.lastIndex) reject(state, from, { index: commit, term });
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/repair.test.ts',
};
