/** The answer to a write that was truncated meanwhile counts for what took its place. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The answer to a write that was truncated meanwhile counts for what took its place.',
  patches: [
    {
      file: 'src/raft/raft-log.ts',
      find: `    for (const pending of this.#pending) pending.last = Math.min(pending.last, index);
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/durability.test.ts',
};
