/** The time left as it was before a renewal takes the place of that after it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The time left as it was before a renewal takes the place of that after it.',
  patches: [
    {
      file: 'src/mvcc/lease-commands.ts',
      find: '      if (lease === undefined || lease.renewals !== renewals) continue;',
      replace: '      if (lease === undefined || renewals < 0) continue;',
    },
  ],
  seenBy: 'test/mvcc/leases.test.ts',
};
