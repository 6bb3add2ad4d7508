/** Two appends of one transaction make the same key. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Two appends of one transaction make the same key.',
  patches: [
    {
      file: 'src/mvcc/prepared-operations.ts',
      find: '    const one = prepareOne(operation, keyspace, { revision, place });',
      replace: `    const one = prepareOne(operation, keyspace, { revision, place: operation.kind === 'append' ? 0 : place });`,
    },
  ],
  seenBy: 'test/mvcc/appends.test.ts',
};
