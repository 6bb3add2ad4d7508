/** A state that ends before its log begins is gone on from: entries between the two are missing. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A state that does not reach back to where its log begins is gone on from.',
  patches: [
    {
      file: 'src/node/state-opening.ts',
      find: '(applied >= base && mark.index <= last)',
      replace: '(applied >= 0 && mark.index <= last)',
    },
  ],
  seenBy: 'test/node/kept-state.test.ts',
};
