/** A directory that was removed and made again is taken for the one that was synced. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A directory that was removed and made again is taken for the one that was synced.',
  patches: [
    {
      file: 'src/ports/real/disk.ts',
      find: 'this.#synced.get(absolute) === found',
      replace: 'this.#synced.has(absolute)',
    },
  ],
  seenBy: 'test/ports/real-disk-durability.test.ts',
};
