/** A node takes a piece as long as it is not full, however large the piece is. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A node takes a piece as long as it is not full, however large the piece is.',
  patches: [
    {
      file: 'src/placement/move-order.ts',
      find: 'size + next.size <= room',
      replace: 'size <= room',
    },
  ],
  seenBy: 'test/placement/move-plan.test.ts',
};
