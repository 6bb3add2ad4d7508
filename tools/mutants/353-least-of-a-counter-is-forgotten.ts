/** A counter is taken below its least number. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A counter is taken below its least number.',
  patches: [
    {
      file: 'src/mvcc/prepared-operations.ts',
      find: '  const isWithin = after >= least && ',
      replace: '  const isWithin = after >= least - 1_000_000 && ',
    },
  ],
  seenBy: 'test/mvcc/counters.test.ts',
};
