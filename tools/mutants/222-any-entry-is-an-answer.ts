/** A client is answered with the reply to whatever entry stands in the place of its own. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A client is answered with the reply to whatever entry stands in the place of its own.',
  patches: [
    {
      file: 'src/node/pending-proposals.ts',
      find: '      else if (batch.term === entry.term) waiter.resolve(reply);',
      replace: '      else if (index === entry.index) waiter.resolve(reply);',
    },
  ],
  seenBy: 'test/node/pending-proposals.test.ts',
};
