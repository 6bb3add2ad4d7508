/** A rejection of an earlier probe moves the present one. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A rejection of an earlier probe moves the present one.',
  patches: [
    {
      file: 'src/raft/progress.ts',
      find: `    if (this.#pace.kind === 'probe' && rejected !== this.#next - 1) return false;
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/progress.test.ts',
};
