/** A write that failed is refused, as on a full disk, and the log goes on in its next segment. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A write that failed is refused, as on a full disk, and the log goes on in its next segment.',
  patches: [
    {
      file: 'src/storage/log/flush-writer.ts',
      find: `    if (error.code !== 'disk-full') return { kind: 'failed', error: this.#failed(error) };
    const buffer`,
      replace: `    if (error.code !== 'disk-full') {
      await this.#chain.advance();
      return { kind: 'refused', error: this.#failed(error), sequence: flush.sequence };
    }
    const buffer`,
    },
  ],
  seenBy: 'test/storage/log-faults.test.ts',
};
