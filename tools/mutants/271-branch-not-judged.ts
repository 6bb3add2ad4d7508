/** Of a transaction only the branch of success is judged. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Of a transaction only the branch of success is judged.',
  patches: [
    {
      file: 'src/mvcc/rights.ts',
      find: 'first(body.onFailure, (operation) => missingForOperation(operation, rights, owns))',
      replace: 'undefined',
    },
  ],
  seenBy: 'test/mvcc/security.test.ts',
};
