/** A request that its full session refused keeps its number, for which the answers behind it are kept: it waits for itself. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The oldest request of a full session waits for the room that only its own answer would make.',
  patches: [
    {
      file: 'src/client/session.ts',
      find: '        if (isOnlyTry) request = this.#numbers.renumber(request);\n',
      replace: '',
    },
  ],
  seenBy: 'test/client/session-full.test.ts',
};
