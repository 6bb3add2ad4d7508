/** A slice that ends inside the budget leaves a revision out. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A slice that ends inside the budget leaves a revision out.',
  patches: [
    {
      file: 'src/mvcc/watches.ts',
      find: '          return event.revision - 1;',
      replace: '          return event.revision;',
    },
  ],
  seenBy: 'test/mvcc/watches.test.ts',
};
