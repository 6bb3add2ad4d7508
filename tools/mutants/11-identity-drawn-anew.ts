/** A directory that holds a log and no birth record is given a new identity. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A directory that holds a log and no birth record is given a new identity.',
  patches: [
    {
      file: 'src/node/birth-record.ts',
      find: `    if (leftover !== undefined) throw missing(directory, leftover);
`,
      replace: '',
    },
  ],
  seenBy: 'test/node/birth-record.test.ts',
};
