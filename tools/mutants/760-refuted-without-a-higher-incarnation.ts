/** A node that is suspected says again that it is healthy, in the incarnation that is suspected: nobody may believe it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A node that is suspected says again that it is healthy, in the incarnation that is suspected: nobody may believe it.',
  patches: [
    {
      file: 'src/gossip/own-life.ts',
      find: 'const incarnation = claimed + 1;',
      replace: 'const incarnation = Math.max(claimed, roster.self.incarnation);',
    },
  ],
  seenBy: 'test/gossip/own-life.test.ts',
};
