/** A late append message erases what was received behind it since. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A late append message erases what was received behind it since.',
  patches: [
    {
      file: 'src/raft/following.ts',
      find: '  const conflict = firstNews(state, entries, known);',
      replace: '  const conflict = entries[known];',
    },
  ],
  seenBy: 'test/raft/replication.test.ts',
};
