/** A restored cluster goes on with the indexes of the backup, so that sessions are named twice. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A restored cluster goes on with the indexes of the backup, so that sessions are named twice.',
  patches: [
    {
      file: 'src/node/refounding.ts',
      find: 'index: applied + revisionBump, revision: began',
      replace: 'index: applied + 1, revision: began',
    },
  ],
  seenBy: 'test/node/restoring.test.ts',
};
