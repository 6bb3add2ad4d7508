/** A member that is probed gets a message for every turn of the loop. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member that is probed gets a message for every turn of the loop.',
  patches: [
    {
      file: 'src/raft/progress.ts',
      find: `      this.#pace = probed;
      return;`,
      replace: '      return;',
    },
  ],
  seenBy: 'test/raft/progress.test.ts',
};
