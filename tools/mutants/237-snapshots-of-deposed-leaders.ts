/** A snapshot from a leader of an earlier term is taken. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A snapshot from a leader of an earlier term is taken.',
  patches: [
    {
      file: 'src/node/snapshot-keeper.ts',
      find: '    if (term < status.term) {',
      replace: '    if (term < 0) {',
    },
  ],
  seenBy: 'test/node/snapshot-transfer.test.ts',
};
