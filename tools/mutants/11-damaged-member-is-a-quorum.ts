/** A leader stays in office by the answers of a member that cannot help it to commit. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader stays in office by the answers of a member that cannot help it to commit.',
  patches: [
    {
      file: 'src/raft/ticking.ts',
      find: '  return progress?.recentlyHeard === true && !progress.damaged;',
      replace: '  return progress?.recentlyHeard === true;',
    },
  ],
  seenBy: 'test/raft/durability.test.ts',
};
