/** The segment that holds the only record of a vote is let go. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The segment that holds the only record of a vote is let go.',
  patches: [
    {
      file: 'src/storage/log/segment-ledger.ts',
      find: `    if (append.hardState !== undefined) this.#movePart(pins, 'hardState', segment);
`,
      replace: '',
    },
  ],
  seenBy: 'test/storage/log-basics.test.ts',
};
