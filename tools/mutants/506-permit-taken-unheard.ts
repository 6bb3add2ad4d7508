/** Who is let in to a semaphore makes himself heard only when it is full, so the one behind him may wait for ever. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who is let in to a semaphore makes himself heard only when it is full, so the one behind him may wait for ever.',
  patches: [
    {
      file: 'src/recipes/line.ts',
      find: '    const isFollowed = items.length >= heads || items.at(-1)?.key !== key;',
      replace: '    const isFollowed = items.length >= heads;',
    },
  ],
  seenBy: 'test/recipes/semaphore.test.ts',
};
