/** A node whose helpers say nothing at all does not doubt itself, and suspects everybody from behind its own bad link. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A node whose helpers say nothing at all does not doubt itself, and suspects everybody from behind its own bad link.',
  patches: [
    {
      file: 'src/gossip/prober.ts',
      find: 'Math.max(0, asked.length - nacks)',
      replace: '0 * nacks',
    },
  ],
  seenBy: 'test/gossip/probing.test.ts',
};
