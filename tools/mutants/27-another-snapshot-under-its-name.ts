/** A sound snapshot under the name of another is restored in its place. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A sound snapshot under the name of another is restored in its place.',
  patches: [
    {
      file: 'src/storage/snapshot/snapshot-files.ts',
      find: `  if (!isSameSnapshot(found, { group, mark }))
`,
      replace: `  if (!isSameSnapshot(found, found))
`,
    },
  ],
  seenBy: 'test/storage/snapshot-damage.test.ts',
};
