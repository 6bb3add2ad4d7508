/** A file is made without syncing its directory. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A file is made without syncing its directory.',
  patches: [
    {
      file: 'src/ports/real/disk.ts',
      find: `      if (options.durableName !== false) await this.#syncDirectory(dirname(path));
`,
      replace: '',
    },
  ],
  seenBy: 'test/ports/real-disk-durability.test.ts',
};
