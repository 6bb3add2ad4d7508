/** A message that contradicts what is committed is passed over in silence. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A message that contradicts what is committed is passed over in silence.',
  patches: [
    {
      file: 'src/raft/contradictions.ts',
      find: '  if (previous.index > commit) return undefined;',
      replace: '  if (previous.index >= 0) return undefined;',
    },
  ],
  seenBy: 'test/raft/refusals.test.ts',
};
