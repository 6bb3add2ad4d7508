/** What a member acknowledges that may have forgotten a later term counts towards a commit. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'What a member acknowledges that may have forgotten a later term counts towards a commit.',
  patches: [
    {
      file: 'src/raft/progress.ts',
      find: '    return this.#damaged ? 0 : this.#countedMatch;',
      replace: '    return this.#countedMatch;',
    },
    {
      file: 'src/raft/progress.ts',
      find: '    if (!this.#damaged && match > this.#countedMatch) this.#countedMatch = match;',
      replace: '    if (match > this.#countedMatch) this.#countedMatch = match;',
    },
  ],
  seenBy: 'test/raft/repair.test.ts',
};
