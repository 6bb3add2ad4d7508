/** After a single stall a node takes itself for overloaded. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'After a single stall a node takes itself for overloaded.',
  patches: [
    {
      file: 'src/node/load-guard.ts',
      find: 'return Math.min(this.#late, this.#lateBefore);',
      replace: 'return Math.max(this.#late, this.#lateBefore);',
    },
  ],
  seenBy: 'test/node/load-guard.test.ts',
};
