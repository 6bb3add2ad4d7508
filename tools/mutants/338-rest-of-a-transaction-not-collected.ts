/** A piece that ends inside of a transaction passes over the rest of it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A piece that ends inside of a transaction passes over the rest of it.',
  patches: [
    {
      file: 'src/mvcc/collector.ts',
      find: ': { revision: last.revision, position: last.position + 1 };',
      replace: ': { revision: last.revision + 1, position: 0 };',
    },
  ],
  seenBy: 'test/mvcc/collection.test.ts',
};
