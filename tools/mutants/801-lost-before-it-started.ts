/** A member that starts on a losing side does not hear whom that side has lost, and takes itself for whole. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member that starts on a losing side does not hear whom that side has lost, and takes itself for whole.',
  patches: [
    {
      file: 'src/gossip/beliefs.ts',
      find: "if (status !== 'SUSPECT') this.#workings",
      replace: "if (status === 'LEFT') this.#workings",
    },
  ],
  seenBy: 'test/membership/partitions.test.ts',
};
