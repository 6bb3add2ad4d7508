/** A command of a new level is taken as soon as the raise is appended, and the raise may still be lost. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A command of a new level is taken as soon as the raise is appended, and the raise may still be lost.',
  patches: [
    {
      file: 'src/raft/raft-group.ts',
      find: '    if (level > 1 && level > this.level) return',
      replace: '    if (level > 1 && level > this.#state.memberships.current.level) return',
    },
  ],
  seenBy: 'test/raft/levels.test.ts',
};
