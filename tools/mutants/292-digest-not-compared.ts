/** The digest at the end of a backup is not compared. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The digest at the end of a backup is not compared.',
  patches: [
    {
      file: 'src/storage/backup/backup-frames.ts',
      find: 'if (!this.#chain.isDigest(digest)) throw',
      replace: 'if (digest.length === 0) throw',
    },
  ],
  seenBy: 'test/storage/backup.test.ts',
};
