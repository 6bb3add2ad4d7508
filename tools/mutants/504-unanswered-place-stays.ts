/** A place whose taking was not answered is left in the line, and blocks it for as long as the session lives. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A place whose taking was not answered is left in the line, and blocks it for as long as the session lives.',
  patches: [
    {
      file: 'src/recipes/place.ts',
      find: `      if (isQuorateError(error) && error.outcome === 'not-applied') return undefined;`,
      replace: '      if (isQuorateError(error)) return undefined;',
    },
  ],
  seenBy: 'test/recipes/lock.test.ts',
};
