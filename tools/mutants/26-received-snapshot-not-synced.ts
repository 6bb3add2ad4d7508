/** A snapshot that came gets its name before its bytes are synced. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A snapshot that came gets its name before its bytes are synced.',
  patches: [
    {
      file: 'src/storage/snapshot/snapshot-receiver.ts',
      find: `      await file.sync();
`,
      replace: '',
    },
  ],
  seenBy: 'test/storage/snapshot-crashes.test.ts',
};
