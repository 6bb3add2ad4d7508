/** A snapshot of a level that the release does not support is read, and taken for damaged. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A snapshot of a level that the release does not support is read, and taken for damaged.',
  patches: [
    {
      file: 'src/node/group-opening.ts',
      find: `  checkLevels(source);
`,
      replace: '',
    },
  ],
  seenBy: 'test/node/upgrade.test.ts',
};
