/** A stream that failed is begun again at once, over and over. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A stream that failed is begun again at once, over and over.',
  patches: [
    {
      file: 'src/raft/progress.ts',
      find: `    this.#probeFrom(delivered ? this.#pace.index + 1 : this.#match + 1);
    this.#pace = probed;`,
      replace: '    this.#probeFrom(delivered ? this.#pace.index + 1 : this.#match + 1);',
    },
  ],
  seenBy: 'test/raft/progress.test.ts',
};
