/** A chunk of a snapshot is believed without its check. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A chunk of a snapshot is believed without its check.',
  patches: [
    {
      file: 'src/storage/snapshot/snapshot-reader.ts',
      find: `    if (this.#checksum(content, seed) !== frame.check)
      throw`,
      replace: `    if (content.length < 0)
      throw`,
    },
  ],
  seenBy: 'test/storage/snapshot-damage.test.ts',
};
