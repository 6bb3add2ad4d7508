/** A leader whose event loop stood still acts as if no time had passed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader whose event loop stood still acts as if no time had passed.',
  patches: [
    {
      file: 'src/raft/raft-group.ts',
      find: "    if (state.role.kind !== 'leader' || state.isSoleVoter || stallMs < electionTicksMax * tickMs) return;",
      replace:
        "    if (state.role.kind !== 'leader' || state.isSoleVoter || stallMs < 0 * electionTicksMax * tickMs + 1e9) return;",
    },
  ],
  seenBy: 'test/raft/durability.test.ts',
};
