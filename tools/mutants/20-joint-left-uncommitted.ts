/** A recovered joint configuration is left although its entry is not committed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A recovered joint configuration is left although its entry is not committed.',
  patches: [
    {
      file: 'src/raft/leader-members.ts',
      find: "  if (index > state.commit || state.commit < role.first) return 'stay';",
      replace:
        "  if (state.commit < role.first || (index > state.commit && !isJoint(current))) return 'stay';",
    },
  ],
  seenBy: 'test/raft/membership.test.ts',
};
