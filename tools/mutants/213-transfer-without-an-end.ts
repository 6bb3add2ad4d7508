/** A successor that does not take over blocks proposals for ever. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A successor that does not take over blocks proposals for ever.',
  patches: [
    {
      file: 'src/raft/ticking.ts',
      find: '  if (role.transfer.ticksLeft <= 0) role.transfer = undefined;',
      replace: '  if (role.transfer.ticksLeft <= -1e9) role.transfer = undefined;',
    },
  ],
  seenBy: 'test/raft/transfer.test.ts',
};
