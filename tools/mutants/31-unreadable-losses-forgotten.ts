/** A record of losses that cannot be read counts as none. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A record of losses that cannot be read counts as none.',
  patches: [
    {
      file: 'src/node/node-storage.ts',
      find: `    if (damage.isUnreadable) await suspectAll(options, damage, groups);
`,
      replace: '',
    },
  ],
  seenBy: 'test/node/repair.test.ts',
};
