/** The digits of an appended key are those of a revision that goes round. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The digits of an appended key are those of a revision that goes round.',
  patches: [
    {
      file: 'src/mvcc/appended-keys.ts',
      find: '  writeDigits(key, prefix.length, revision, revisionDigits);',
      replace: '  writeDigits(key, prefix.length, revision % 64, revisionDigits);',
    },
  ],
  seenBy: 'test/mvcc/appends.test.ts',
};
