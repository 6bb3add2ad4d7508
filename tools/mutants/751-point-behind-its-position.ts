/** A key at the position of a point goes to the next one, so what a plan moves is not what changes hands. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A key at the position of a point goes to the next one, so what a plan moves is not what changes hands.',
  patches: [
    {
      file: 'src/placement/ring.ts',
      find: '(this.#points[middle] as number) < position',
      replace: '(this.#points[middle] as number) <= position',
    },
  ],
  seenBy: 'test/placement/move-plan.test.ts',
};
