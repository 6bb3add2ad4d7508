/** A member whose snapshot is damaged goes on without it, from where its log begins. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member whose snapshot is damaged goes on without it, from where its log begins.',
  patches: [
    {
      file: 'src/node/state-opening.ts',
      find: '  return isCovered ? found',
      replace: '  return isCovered || base >= 0 ? found',
    },
  ],
  seenBy: 'test/node/group-opening.test.ts',
};
