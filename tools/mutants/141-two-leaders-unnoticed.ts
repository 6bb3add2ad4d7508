/** A second leader of one term is followed without a word. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A second leader of one term is followed without a word.',
  patches: [
    {
      file: 'src/raft/contradictions.ts',
      find: '  if (message.term > term || leader === 0 || leader === message.from) return undefined;',
      replace: '  if (message.term >= term || leader === 0 || leader === message.from) return undefined;',
    },
  ],
  seenBy: 'test/raft/refusals.test.ts',
};
