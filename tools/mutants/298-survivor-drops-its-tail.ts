/** A survivor keeps only what it knew to be committed, and loses what others acknowledged with it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A survivor keeps only what it knew to be committed, and loses what others acknowledged with it.',
  patches: [
    {
      file: 'src/node/recovering.ts',
      find: 'behind(log.entries, index)',
      replace: 'behind(log.entries, index).filter((entry) => entry.index <= survivor.commit)',
    },
  ],
  seenBy: 'test/node/recovering.test.ts',
};
