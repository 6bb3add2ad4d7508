/** A node opens the log of another. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A node opens the log of another.',
  patches: [
    {
      file: 'src/storage/log/recovery.ts',
      find: '    if (header === undefined || sameBytes(header.identity, identity)) continue;',
      replace: '    if (header === undefined || sameBytes(header.identity, header.identity)) continue;',
    },
  ],
  seenBy: 'test/storage/log-basics.test.ts',
};
