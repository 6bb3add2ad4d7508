/** Who waits watches the whole directory, so each departure wakes everybody. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who waits watches the whole directory, so each departure wakes everybody.',
  patches: [
    {
      file: 'src/recipes/line.ts',
      find: '  return { target: { key }, mark, isPassedBy };',
      replace: `  return { target: { directory: key.slice(0, key.lastIndexOf('/')) }, mark, isPassedBy };`,
    },
  ],
  seenBy: 'test/recipes/lock.test.ts',
};
