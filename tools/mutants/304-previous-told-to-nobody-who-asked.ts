/** Watchers that want to know what a key was before are told together with those who do not. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Watchers that want to know what a key was before are told together with those who do not.',
  patches: [
    {
      file: 'src/mvcc/watch-matcher.ts',
      find: 'const known = audiences.find((one) => one.from === from && one.wantPrevious === wantPrevious);',
      replace: 'const known = audiences.find((one) => one.from === from);',
    },
  ],
  seenBy: 'test/mvcc/watches.test.ts',
};
