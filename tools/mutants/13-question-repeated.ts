/** A question that was given up is asked again under the same number. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A question that was given up is asked again under the same number.',
  patches: [
    {
      file: 'src/raft/follower-reads.ts',
      find: `    this.#context += 1;
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/reads.test.ts',
};
