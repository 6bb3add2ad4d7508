/** Nodes that are restored together from different backups take each other for members. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Nodes that are restored together from different backups take each other for members.',
  patches: [
    {
      file: 'src/node/restoring.ts',
      find: 'JSON.stringify([digest, revisionBump, places])',
      replace: 'JSON.stringify([digest.length, revisionBump, places])',
    },
  ],
  seenBy: 'test/node/restoring.test.ts',
};
