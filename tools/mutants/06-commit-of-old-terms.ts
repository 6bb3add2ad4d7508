/** An entry of an earlier term is committed because a majority holds it (Raft, figure 8). */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An entry of an earlier term is committed because a majority holds it (Raft, figure 8).',
  patches: [
    {
      file: 'src/raft/replication.ts',
      find: '  return state.log.term(reached) === state.term ? reached : state.commit;',
      replace: '  return reached;',
    },
  ],
  seenBy: 'test/raft/figures.test.ts',
};
