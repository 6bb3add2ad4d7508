/** A snapshot leaves users and roles out. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A snapshot leaves users and roles out.',
  patches: [
    {
      file: 'src/mvcc/snapshot.ts',
      find: '  tables.security,\n',
      replace: '',
    },
  ],
  seenBy: 'test/mvcc/security.test.ts',
};
