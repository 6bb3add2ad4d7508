/** A full window whose messages were all lost stops replication. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A full window whose messages were all lost stops replication.',
  patches: [
    {
      file: 'src/raft/replication.ts',
      find: '  const isStuck = match < state.log.lastIndex && (inflight.isFull || next > state.log.lastIndex);',
      replace:
        '  const isStuck = match < state.log.lastIndex && !inflight.isFull && next > state.log.lastIndex;',
    },
  ],
  seenBy: 'test/raft/flow.test.ts',
};
