/** A restore that has waited for a directory does not look again whether another one has finished there. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A restore that has waited for a directory does not look again whether another one has finished there.',
  patches: [
    {
      file: 'src/node/refounding.ts',
      find: '    await checkFree(disk, directory);\n    await clear(disk, home);',
      replace: '    await clear(disk, home);',
    },
  ],
  seenBy: 'test/node/restoring.test.ts',
};
