/** A log that has lost entries or a vote is started from as if nothing was missing. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A log that has lost entries or a vote is started from as if nothing was missing.',
  patches: [
    {
      file: 'src/storage/log/damage.ts',
      find: `  for (const group of groups.values()) if (group.damage !== undefined) return true;
`,
      replace: '',
    },
  ],
  seenBy: 'test/storage/log-damage.test.ts',
};
