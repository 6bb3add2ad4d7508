/** A damaged member is whole when it holds what the leader knows to be committed, not all that it may have acknowledged. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A damaged member is whole when it holds what the leader knows to be committed, not all that it may have acknowledged.',
  patches: [
    {
      file: 'src/raft/repairing.ts',
      find: 'context, index: state.log.lastIndex });',
      replace: 'context, index: state.commit });',
    },
  ],
};
