/** A suffix that was replaced in memory is not written anew, and comes back after a restart. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A suffix that was replaced in memory is not written anew, and comes back after a restart.',
  patches: [
    {
      file: 'src/raft/raft-log.ts',
      find: `    this.#unsaved = Math.min(this.#unsaved, index + 1);
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/replication.test.ts',
};
