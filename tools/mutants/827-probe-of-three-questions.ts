/** A probe asks no more once others ask, so that under loss everybody is suspected again and again. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A probe asks no more once others ask, so that under loss everybody is suspected again and again.',
  patches: [
    {
      file: 'src/gossip/prober.ts',
      find: 'const repeatsMax = 3;',
      replace: 'const repeatsMax = 0;',
    },
  ],
  seenBy: 'test/gossip/probing.test.ts',
};
