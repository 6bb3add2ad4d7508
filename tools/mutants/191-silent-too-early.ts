/** A group falls silent though its last entry is not committed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A group falls silent though its last entry is not committed.',
  patches: [
    {
      file: 'src/raft/heartbeats.ts',
      find: '  if (state.commit !== last || state.commit < role.first',
      replace: '  if (state.commit < role.first',
    },
  ],
  seenBy: 'test/raft/quiescence.test.ts',
};
