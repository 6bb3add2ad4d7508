/** The key of a deletion is a view of a store that is written to before it is used. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The key of a deletion is a view of a store that is written to before it is used.',
  patches: [
    {
      file: 'src/mvcc/collector.ts',
      find: "key: kind === 'put' ? undefined : key.slice() };",
      replace: "key: kind === 'put' ? undefined : key };",
    },
  ],
  seenBy: 'test/mvcc/collection-on-disk.test.ts',
};
