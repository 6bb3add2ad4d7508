/** The segment that says where a compacted log begins is let go. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The segment that says where a compacted log begins is let go.',
  patches: [
    {
      file: 'src/storage/log/segment-ledger.ts',
      find: `      this.#dropUpTo(pins, append.compactTo);
      this.#movePart(pins, 'base', segment);`,
      replace: '      this.#dropUpTo(pins, append.compactTo);',
    },
  ],
  seenBy: 'test/storage/log-hazards.test.ts',
};
