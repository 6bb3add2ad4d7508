/** A round of a double barrier begins by what was seen, though one of it has gone meanwhile. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A round of a double barrier begins by what was seen, though one of it has gone meanwhile.',
  patches: [
    {
      file: 'src/recipes/double-barrier.ts',
      find: "      when: [{ key, is: 'absent' }, ...all],",
      replace: '      when: all.slice(0, 0),',
    },
  ],
  seenBy: 'test/recipes/barriers.test.ts',
};
