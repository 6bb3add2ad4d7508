/** What a full disk left of a refused flush is not cleared away, and comes back whole. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'What a full disk left of a refused flush is not cleared away, and comes back whole.',
  patches: [
    {
      file: 'src/storage/log/flush-writer.ts',
      find: `    const buffer = new FlushBuffer(this.#settings.checksum, 0);
    buffer.begin(0);`,
      replace: `    if (error.code === 'disk-full') return { kind: 'refused', error, sequence: flush.sequence };
    const buffer = new FlushBuffer(this.#settings.checksum, 0);
    buffer.begin(0);`,
    },
  ],
  seenBy: 'test/storage/log-hazards.test.ts',
};
