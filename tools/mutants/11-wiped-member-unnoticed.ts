/** A member whose disk was wiped says nothing when the leader relies on what it lost. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member whose disk was wiped says nothing when the leader relies on what it lost.',
  patches: [
    {
      file: 'src/raft/contradictions.ts',
      find: '  if (damaged || commit <= log.lastIndex) return undefined;',
      replace: '  if (damaged || commit <= log.lastIndex || commit > 0) return undefined;',
    },
  ],
  seenBy: 'test/raft/durability.test.ts',
};
