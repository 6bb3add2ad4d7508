/** A session that was answered too late is over from the start, and is renewed for as long as the process lives. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A session that was answered too late is over from the start, and is renewed for as long as the process lives.',
  patches: [
    {
      file: 'src/engines/port/renewal.ts',
      find: '    if (over.aborted) this.#isOver = true;',
      replace: '    if (over.aborted) this.#isOver = false;',
    },
  ],
  seenBy: 'test/engines/living-session.test.ts',
};
