/** The answer to a write of the old log counts for the snapshot that replaced it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The answer to a write of the old log counts for the snapshot that replaced it.',
  patches: [
    {
      file: 'src/raft/raft-log.ts',
      find: `    for (const pending of this.#pending) pending.last = 0;
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/durability.test.ts',
};
