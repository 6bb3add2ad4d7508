/** A node with as many keys as it may hold takes another one. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A node with as many keys as it may hold takes another one.',
  patches: [
    {
      file: 'src/placement/bounded-load.ts',
      find: 'return this.loadOf(id) < this.capacityOf(id);',
      replace: 'return this.loadOf(id) <= this.capacityOf(id);',
    },
  ],
  seenBy: 'test/placement/movement.test.ts',
};
