/** The furthest member decides what is committed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The furthest member decides what is committed.',
  patches: [
    {
      file: 'src/raft/quorum.ts',
      find: '  return scratch[majority(count) - 1] as number;',
      replace: '  return scratch[0] as number;',
    },
  ],
  seenBy: 'test/raft/quorum.test.ts',
};
