/** An end of the log that the disk cannot read is cut like a torn tail. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An end of the log that the disk cannot read is cut like a torn tail.',
  patches: [
    {
      file: 'src/storage/log/chain-walk.ts',
      find: '    if (this.#endIsUnreadable()) {',
      replace: '    if (this.#segments.length === 0) {',
    },
  ],
  seenBy: 'test/storage/log-hazards.test.ts',
};
