/** A flush is acknowledged while the disk is still writing it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A flush is acknowledged while the disk is still writing it.',
  patches: [
    {
      file: 'src/storage/log/flush-writer.ts',
      find: `    try {
      await this.#chain.file.write(placed.bytes, placed.position);
    } catch (cause) {
      return this.#notWritten(flush, cause);
    }
    this.#pace`,
      replace: `    this.#chain.file.write(placed.bytes.slice(), placed.position).catch(() => undefined);
    this.#pace`,
    },
  ],
  seenBy: 'test/storage/log-crashes.test.ts',
};
