/** What is committed elsewhere is applied before the own disk holds it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'What is committed elsewhere is applied before the own disk holds it.',
  patches: [
    {
      file: 'src/raft/raft-group.ts',
      find: '    const through = Math.min(state.commit, state.log.durable);',
      replace: '    const through = state.commit;',
    },
  ],
  seenBy: 'test/raft/durability.test.ts',
};
