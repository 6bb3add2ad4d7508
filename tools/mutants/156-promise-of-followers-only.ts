/** A member that campaigns forgets what it promised as a follower. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member that campaigns forgets what it promised as a follower.',
  patches: [
    {
      file: 'src/raft/receiving.ts',
      find: "    (state.role.kind === 'leader' || state.hasPromised) &&",
      replace:
        "    (state.role.kind === 'leader' || (state.role.kind === 'follower' && state.hasPromised)) &&",
    },
  ],
  seenBy: 'test/raft/leases.test.ts',
};
