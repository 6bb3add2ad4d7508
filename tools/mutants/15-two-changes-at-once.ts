/** A change is made while another is not committed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A change is made while another is not committed.',
  patches: [
    {
      file: 'src/raft/leader-members.ts',
      find: `  if (state.memberships.index > state.commit)
`,
      replace: `  if (state.memberships.index < 0)
`,
    },
  ],
  seenBy: 'test/raft/membership.test.ts',
};
