/** The last way in may be taken away. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The last way in may be taken away.',
  patches: [
    {
      file: 'src/mvcc/security.ts',
      find: 'if (table.isOn && !table.users.some(isWayIn))',
      replace: 'if (!this.isOn && table.isOn && !table.users.some(isWayIn))',
    },
  ],
  seenBy: 'test/mvcc/security.test.ts',
};
