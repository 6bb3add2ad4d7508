/** A place is freed when the caller is answered, and once more when the work has ended. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A place is freed when the caller is answered, and once more when the work has ended.',
  patches: [
    {
      file: 'src/resilience/bulkhead.ts',
      find: '    if (rest === undefined) this.#release();\n',
      replace: '    this.#release();\n    if (rest === undefined) return;\n',
    },
  ],
  seenBy: 'test/resilience/bulkhead.test.ts',
};
