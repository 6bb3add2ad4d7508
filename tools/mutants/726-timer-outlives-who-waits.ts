/** The timer of a rate limit stays when the last who waits has given up, and keeps the process alive. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The timer of a rate limit stays when the last who waits has given up, and keeps the process alive.',
  patches: [
    {
      file: 'src/resilience/rate-queue.ts',
      find: '          this.#leave(waiter);\n          this.#setTimer();\n',
      replace: '          this.#leave(waiter);\n',
    },
  ],
  seenBy: 'test/resilience/rate-limit.test.ts',
};
