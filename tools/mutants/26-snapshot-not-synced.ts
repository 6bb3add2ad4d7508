/** A snapshot gets its name before its bytes are synced. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A snapshot gets its name before its bytes are synced.',
  patches: [
    {
      file: 'src/storage/snapshot/snapshot-writer.ts',
      find: `    await this.#file.sync();
`,
      replace: '',
    },
  ],
  seenBy: 'test/storage/snapshot-crashes.test.ts',
};
