/** A damaged flush in the middle of a segment is cut with all behind it, like a torn tail. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A damaged flush in the middle of a segment is cut with all behind it, like a torn tail.',
  patches: [
    {
      file: 'src/storage/log/chain-walk.ts',
      find: `    if (found !== undefined) {
      if (broken`,
      replace: `    if (found === -1) {
      if (broken`,
    },
  ],
  seenBy: 'test/storage/log-damage.test.ts',
};
