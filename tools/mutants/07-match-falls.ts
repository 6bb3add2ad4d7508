/** A late acknowledgement takes a match index back. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A late acknowledgement takes a match index back.',
  patches: [
    {
      file: 'src/raft/progress.ts',
      find: '    if (news) this.#match = match;',
      replace: '    this.#match = match;',
    },
  ],
  seenBy: 'test/raft/progress.test.ts',
};
