/** A birth record is written over the one before it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A birth record is written over the one before it.',
  patches: [{ file: 'src/node/checked-file.ts', find: 'path}.new', replace: 'path}' }],
  seenBy: 'test/node/birth-record.test.ts',
};
