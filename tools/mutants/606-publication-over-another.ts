/** A configuration is published over one that came in between, and that one is lost. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A configuration is published over one that came in between, and that one is lost.',
  patches: [
    {
      file: 'src/recipes/config.ts',
      find: '        when: [when],',
      replace: '        when: [when].slice(1),',
    },
  ],
  seenBy: 'test/recipes/config.test.ts',
};
