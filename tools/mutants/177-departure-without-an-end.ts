/** A removed member that does not answer is served for ever. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A removed member that does not answer is served for ever.',
  patches: [
    {
      file: 'src/raft/leader-members.ts',
      find: '    if (departure.ticksLeft <= 0 || toldCommit',
      replace: '    if (toldCommit',
    },
  ],
  seenBy: 'test/raft/removal.test.ts',
};
