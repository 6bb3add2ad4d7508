/** A lost record of term and vote is no reason not to vote. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A lost record of term and vote is no reason not to vote.',
  patches: [
    {
      file: 'src/storage/log/replay.ts',
      find: `      if ((header.parts & (removed | hardState)) !== 0) replay.hardStateLost = true;
`,
      replace: '',
    },
  ],
  seenBy: 'test/storage/log-damage.test.ts',
};
