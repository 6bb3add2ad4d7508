/** An answer that was made known as outdated while it was fetched is kept all the same. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A cache keeps an answer that was made known as outdated while it was being fetched.',
  patches: [
    {
      file: 'src/resilience/cache-aside.ts',
      find: 'if (!this.#flights.isCurrent(key, call)) return value;',
      replace: '',
    },
  ],
  seenBy: 'test/resilience/cache-aside.test.ts',
};
