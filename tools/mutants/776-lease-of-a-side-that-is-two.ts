/** The parts of a side that had the lease ask for it by the name under which all of it had it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The parts of a side that had the lease ask for it by the name under which all of it had it.',
  patches: [
    {
      file: 'src/gossip/verdict/partition-guard.ts',
      find: '#${(this.#granted?.round ?? 0) + 1}`',
      replace: '#1`',
    },
  ],
  seenBy: 'test/gossip/verdict/partition-sides.test.ts',
};
