/** Who is asked to come back later comes as soon as the backoff says. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who is asked to come back later comes as soon as the backoff says.',
  patches: [
    {
      file: 'src/resilience/retry-course.ts',
      find: 'this.#drawnMs >= askedMs ? this.#drawnMs : askedMs + this.#drawnMs',
      replace: 'this.#drawnMs',
    },
  ],
  seenBy: 'test/resilience/retry.test.ts',
};
