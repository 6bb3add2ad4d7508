/** Who is given a place and gives up in the same turn keeps it for ever. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who is given a place and gives up in the same turn keeps it for ever.',
  patches: [
    {
      file: 'src/resilience/bulkhead.ts',
      find: '    if (!call.isAborted) return;\n    this.#release();\n',
      replace: '    if (!call.isAborted) return;\n',
    },
  ],
  seenBy: 'test/resilience/bulkhead.test.ts',
};
