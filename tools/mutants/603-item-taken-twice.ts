/** An item is taken although somebody has a lease on it, so two do the same work at once. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An item is taken although somebody has a lease on it, so two do the same work at once.',
  patches: [
    {
      file: 'src/recipes/own-item.ts',
      find: "      const when = [{ key, is: 'absent' } as const, ...(together?.when ?? [])];",
      replace: "      const when = [...(together?.when ?? []).filter(({ is }) => is !== 'unchanged')];",
    },
  ],
  seenBy: 'test/recipes/queue.test.ts',
};
