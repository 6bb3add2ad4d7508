/** A successor is told to campaign before its log is complete. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A successor is told to campaign before its log is complete.',
  patches: [
    {
      file: 'src/raft/transfer.ts',
      find: '  if (progress === undefined || progress.match < state.log.lastIndex) return;',
      replace: '  if (progress === undefined) return;',
    },
  ],
  seenBy: 'test/raft/transfer.test.ts',
};
