/** A damaged member is whole before its disk holds what it lacked. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A damaged member is whole before its disk holds what it lacked.',
  patches: [
    {
      file: 'src/raft/repairing.ts',
      find: '  if (agreed < target || log.durable < target) return false;',
      replace: '  if (agreed < target || log.lastIndex < target) return false;',
    },
  ],
  seenBy: 'test/raft/repair.test.ts',
};
