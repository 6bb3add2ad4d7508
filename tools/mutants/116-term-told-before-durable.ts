/** A heartbeat is answered in a term that a crash can still take back. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A heartbeat is answered in a term that a crash can still take back.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: `  state.outbox.sendAfterHardState({
    kind: 'heartbeat-reply',`,
      replace: `  state.outbox.send({
    kind: 'heartbeat-reply',`,
    },
  ],
  seenBy: 'test/raft/repair.test.ts',
};
