/** A snapshot leaves the answers of sessions out. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A snapshot leaves the answers of sessions out.',
  patches: [
    {
      file: 'src/mvcc/snapshot.ts',
      find: '  tables.session,\n',
      replace: '',
    },
  ],
  seenBy: 'test/mvcc/sessions.test.ts',
};
