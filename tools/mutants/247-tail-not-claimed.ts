/** The place and the sequence of a torn flush are used again for records. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The place and the sequence of a torn flush are used again for records.',
  patches: [
    {
      file: 'src/storage/log/write-ahead-log.ts',
      find: `    await this.#flushed();
    this.#maintenance.kick();`,
      replace: '    this.#maintenance.kick();',
    },
  ],
  seenBy: 'test/storage/log-faults.test.ts',
};
