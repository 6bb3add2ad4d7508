/** A birth record gets its name before its bytes are synced. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A birth record gets its name before its bytes are synced.',
  patches: [
    {
      file: 'src/node/checked-file.ts',
      find: `    await file.sync();
`,
      replace: '',
    },
  ],
  seenBy: 'test/node/birth-record.test.ts',
};
