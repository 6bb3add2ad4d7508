/** The length of a chunk in a snapshot is believed before it is held against the file. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The length of a chunk in a snapshot is believed before it is held against the file.',
  patches: [
    {
      file: 'src/storage/snapshot/snapshot-reader.ts',
      find: 'frame.length === 0 || frame.length > Math.min(chunkBytesMax, leftBytes)',
      replace: 'frame.length === 0 || leftBytes < 0',
    },
  ],
  seenBy: 'test/storage/snapshot-damage.test.ts',
};
