/** A client sends deadlines to nodes that have not said that they understand them. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A client sends deadlines to nodes that have not said that they understand them.',
  patches: [
    {
      file: 'src/client/link.ts',
      find: 'if (dueMs === undefined || !this.#takesDeadlines) this',
      replace: 'if (dueMs === undefined) this',
    },
  ],
  seenBy: 'test/client/deadline-on-the-wire.test.ts',
};
