/** An append whose answer was lost is made anew when it is asked for again: two places of one waiter in one line. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An append whose answer was lost is made anew when it is asked for again.',
  patches: [
    {
      file: 'src/engines/quorate/quorate-session.ts',
      find: '    return this.#doubtsAll || this.#doubts.has(append);',
      replace: '    return this.#doubtsAll;',
    },
  ],
  seenBy: 'test/engines/quorate-appends.test.ts',
};
