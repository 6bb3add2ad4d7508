/** A connection that breaks takes a match back until the next answer. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A connection that breaks takes a match back until the next answer.',
  patches: [
    {
      file: 'src/raft/progress.ts',
      find: '    this.#probeFrom(this.#match + 1);\n  }',
      replace: '    this.#probeFrom(this.#match + 1);\n    this.#match = 0;\n  }',
    },
  ],
  seenBy: 'test/raft/progress.test.ts',
};
