/** A backup gets its name before its bytes are durable. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A backup gets its name before its bytes are durable.',
  patches: [
    {
      file: 'src/storage/backup/backup-file.ts',
      find: '    await this.#file.sync();\n    await this.#file.close();',
      replace: '    await this.#file.close();',
    },
  ],
  seenBy: 'test/storage/backup.test.ts',
};
