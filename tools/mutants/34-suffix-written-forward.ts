/** Entries that are being replaced are written forward and come back. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Entries that are being replaced are written forward and come back.',
  patches: [
    {
      file: 'src/storage/log/write-ahead-log.ts',
      find: 'below: this.#table.pendingFloor(group)',
      replace: 'below: Number.POSITIVE_INFINITY',
    },
  ],
  seenBy: 'test/storage/log-hazards.test.ts',
};
