/** What a full disk refused stays in what the log expects next. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'What a full disk refused stays in what the log expects next.',
  patches: [
    {
      file: 'src/storage/log/write-ahead-log.ts',
      find: `      this.#table.rollBack();
`,
      replace: '',
    },
  ],
  seenBy: 'test/storage/log-hazards.test.ts',
};
