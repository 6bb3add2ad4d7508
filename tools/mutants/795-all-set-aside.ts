/** Instances that fail are set aside until none is left. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Instances that fail are set aside until none is left.',
  patches: [
    {
      file: 'src/discovery/balancing/ejection.ts',
      find: 'ejected + 1 > this.#shareMax * slots.length',
      replace: 'ejected + 1 > slots.length',
    },
  ],
  seenBy: 'test/discovery/balancing/ejection.test.ts',
};
