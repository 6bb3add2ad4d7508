/** A session that has more doubts than it remembers forgets some. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A session that has more doubts than it remembers forgets some.',
  patches: [
    {
      file: 'src/engines/quorate/quorate-session.ts',
      find: '    else this.#doubtsAll = true;\n',
      replace: '',
    },
  ],
  seenBy: 'test/engines/quorate-appends.test.ts',
};
