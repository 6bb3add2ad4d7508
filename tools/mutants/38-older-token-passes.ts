/** A token below the greatest that was shown passes. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A token below the greatest that was shown passes.',
  patches: [
    {
      file: 'src/mvcc/guards.ts',
      find: `    return seen !== undefined && token < seen ? refuse('fenced', token, seen) : undefined;`,
      replace: `    return seen !== undefined && token < 0 ? refuse('fenced', token, seen) : undefined;`,
    },
  ],
  seenBy: 'test/mvcc/fences.test.ts',
};
