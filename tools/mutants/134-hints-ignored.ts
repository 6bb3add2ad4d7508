/** After a rejection the leader goes back one entry at a time. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'After a rejection the leader goes back one entry at a time.',
  patches: [
    {
      file: 'src/raft/progress.ts',
      find: "    const next = this.#pace.kind === 'probe' ? Math.min(rejected, candidate + 1) : 0;",
      replace: "    const next = this.#pace.kind === 'probe' ? rejected : candidate * 0;",
    },
  ],
  seenBy: 'test/raft/progress.test.ts',
};
