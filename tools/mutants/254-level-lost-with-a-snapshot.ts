/** Who is sent a snapshot begins at the first level again. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who is sent a snapshot begins at the first level again.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: '  state.memberships.reset(mark.index, mark.configuration);',
      replace: '  state.memberships.reset(mark.index, { ...mark.configuration, level: 1 });',
    },
  ],
  seenBy: 'test/raft/levels.test.ts',
};
