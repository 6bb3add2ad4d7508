/** A client follows every hint at once: two nodes that take each other for the leader keep it running without a pause. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A client follows every hint at once: two nodes that take each other for the leader keep it running without a pause.',
  patches: [
    {
      file: 'src/client/cluster-client.ts',
      find: 'isStraightOn = !isStraightOn && this.#isShownOn(error);',
      replace: 'isStraightOn = this.#isShownOn(error);',
    },
  ],
  seenBy: 'test/client/retry-pauses.test.ts',
};
