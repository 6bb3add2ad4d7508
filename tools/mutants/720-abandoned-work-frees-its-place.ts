/** Work that a time limit within gave up no longer holds its place in a bulkhead. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Work that a time limit within gave up no longer holds its place in a bulkhead.',
  patches: [
    {
      file: 'src/resilience/bulkhead.ts',
      find: '    if (rest === undefined) this.#release();\n    else void rest.then(() => this.#settle(call));\n',
      replace: '    this.#release();\n',
    },
  ],
  seenBy: 'test/resilience/bulkhead.test.ts',
};
