/** What a lost snapshot mark had replaced is taken for the log when the next entries follow it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'What a lost snapshot mark had replaced is taken for the log when the next entries follow it.',
  patches: [
    {
      file: 'src/storage/log/replay.ts',
      find: `        doubtUncommitted(replay);
      }
`,
      replace: `      }
`,
    },
  ],
  seenBy: 'test/storage/log-damage.test.ts',
};
