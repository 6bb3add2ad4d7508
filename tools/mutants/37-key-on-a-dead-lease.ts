/** A put with a lease that has ended makes a key that nothing ends. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A put with a lease that has ended makes a key that nothing ends.',
  patches: [
    {
      file: 'src/mvcc/transactions.ts',
      find: `    if (lease === undefined) return refuse('lease-not-found', id);`,
      replace: '    if (lease === undefined) return undefined;',
    },
  ],
  seenBy: 'test/mvcc/leases.test.ts',
};
