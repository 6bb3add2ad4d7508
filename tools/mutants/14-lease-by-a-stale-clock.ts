/** The lease is checked with the time of the last tick, and not with the time after a pause. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The lease is checked with the time of the last tick, and not with the time after a pause.',
  patches: [
    {
      file: 'src/raft/raft-group.ts',
      find: "    if ('now' in input) state.now",
      replace: "    if (input.kind === 'tick') state.now",
    },
  ],
  seenBy: 'test/raft/leases.test.ts',
};
