/** A transaction may compare what its sender may not read. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A transaction may compare what its sender may not read.',
  patches: [
    {
      file: 'src/mvcc/rights.ts',
      find: '        first(body.compares, (compare) => missingForCompare(compare, rights)) ??\n',
      replace: '',
    },
  ],
  seenBy: 'test/mvcc/security.test.ts',
};
