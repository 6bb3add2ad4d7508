/** A snapshot is sent that ends before the log begins, so its receiver can never go on. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A snapshot is sent that ends before the log begins, so its receiver can never go on.',
  patches: [
    {
      file: 'src/raft/replication.ts',
      find: '  if (snapshot === undefined || snapshot.index < state.log.base.index) return;',
      replace: '  if (snapshot === undefined) return;',
    },
  ],
  seenBy: 'test/raft/snapshots.test.ts',
};
