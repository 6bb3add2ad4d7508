/** A lease that a session owns lives on when the session ends. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A lease that a session owns lives on when the session ends.',
  patches: [
    {
      file: 'src/mvcc/lease-commands.ts',
      find: '    for (const id of [...(lease.owned ?? [])].sort((left, right) => left - right)) {',
      replace: '    for (const id of [...(lease.owned ?? [])].slice(0, 0)) {',
    },
  ],
  seenBy: 'test/mvcc/leases.test.ts',
};
