/** A state machine that ends before the log begins is accepted at start. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A state machine that ends before the log begins is accepted at start.',
  patches: [
    {
      file: 'src/raft/recovered.ts',
      find: `  if (applied < base.index)
    throw broken(`,
      replace: `  if (applied < 0)
    throw broken(`,
    },
  ],
  seenBy: 'test/raft/durability.test.ts',
};
