/** A ring that is made out of a former one gives points to whoever stands now where their node stood. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A ring that is made out of a former one gives points to whoever stands now where their node stood.',
  patches: [
    {
      file: 'src/placement/ring-points.ts',
      find: 'renumbered[old] = place;',
      replace: 'renumbered[old] = old;',
    },
  ],
  seenBy: 'test/placement/ring-changes.test.ts',
};
