/** A command is applied, and its client answered, when the own disk holds it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A command is applied, and its client answered, when the own disk holds it.',
  patches: [
    {
      file: 'src/raft/raft-group.ts',
      find: '    const through = Math.min(state.commit, state.log.durable);',
      replace: '    const through = state.log.durable;',
    },
  ],
  seenBy: 'test/raft/repair.test.ts',
};
