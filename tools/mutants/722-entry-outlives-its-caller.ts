/** Who gives up while he waits stays in the queue. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who gives up while he waits stays in the queue.',
  patches: [
    {
      file: 'src/resilience/bulkhead.ts',
      find: '      onAbort: (reason) => {\n        this.#leave(waiter);\n',
      replace: '      onAbort: (reason) => {\n',
    },
  ],
  seenBy: 'test/resilience/bulkhead.test.ts',
};
