/** An engine takes a session that is being closed for one that is gone, and cuts its farewell off. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An engine takes a session that is being closed for one that is gone, and cuts its farewell off.',
  patches: [
    {
      file: 'src/engines/port/living-session.ts',
      find: '      if (this.#closing === undefined) onEnd();',
      replace: '      onEnd();',
    },
  ],
  seenBy: 'test/engines/living-session.test.ts',
};
