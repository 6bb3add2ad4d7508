/** A snapshot leaves the answers of sessions out. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A snapshot leaves the answers of sessions out.',
  patches: [
    {
      file: 'src/mvcc/snapshot.ts',
      find: 'const tablesInOrder = [tables.meta, tables.lease, tables.session, tables.guard, tables.history] as const;',
      replace: 'const tablesInOrder = [tables.meta, tables.lease, tables.guard, tables.history] as const;',
    },
  ],
};
