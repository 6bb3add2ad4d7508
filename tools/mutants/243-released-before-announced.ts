/** A segment is let go before a durable flush has said so. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A segment is let go before a durable flush has said so.',
  patches: [
    {
      file: 'src/storage/log/maintenance.ts',
      find: `        await this.#host.flushed();
        await chain.release();`,
      replace: `        await chain.release();
        await this.#host.flushed();`,
    },
  ],
  seenBy: 'test/storage/log-crashes.test.ts',
};
