/** A member that lost entries is whole when its log is long enough, whatever stands in it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member that lost entries is whole when its log is long enough, whatever stands in it.',
  patches: [
    {
      file: 'src/raft/repairing.ts',
      find: 'agreed < target || log.durable < target',
      replace: 'log.durable < target',
    },
  ],
  seenBy: 'test/raft/repair.test.ts',
};
