/** A session sends whatever it is asked at once, more than its store keeps answers for. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A session sends whatever it is asked at once, more than its store keeps answers for.',
  patches: [
    {
      file: 'src/client/request-numbers.ts',
      find: '    return this.#last - this.acknowledged < windowMax;',
      replace: '    return this.#last - this.acknowledged < 64 * windowMax;',
    },
  ],
  seenBy: 'test/client/session-full.test.ts',
};
