/** A probe that was lost is never repeated. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A probe that was lost is never repeated.',
  patches: [
    {
      file: 'src/raft/progress.ts',
      find: "    if (this.#pace.kind === 'probe') this.#pace = probing;",
      replace: "    if (this.#pace.kind === 'replicate') this.#pace = probing;",
    },
  ],
  seenBy: 'test/raft/progress.test.ts',
};
