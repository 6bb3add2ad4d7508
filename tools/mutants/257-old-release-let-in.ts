/** A member whose release cannot follow is let in. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member whose release cannot follow is let in.',
  patches: [
    {
      file: 'src/node/node-levels.ts',
      find: '      if (level === 0 || (',
      replace: '      if (level >= 0 || (',
    },
  ],
  seenBy: 'test/node/upgrade.test.ts',
};
