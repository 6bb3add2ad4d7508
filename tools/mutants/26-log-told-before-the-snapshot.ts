/** The log hears of a snapshot before its file is durable, and forgets what it covers. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The log hears of a snapshot before its file is durable, and forgets what it covers.',
  patches: [
    {
      file: 'src/node/snapshot-keeper.ts',
      find: `      await this.#options.storage.snapshots.write(group, mark, chunks, { signal });
      if (!signal.aborted) this.#written(host, group, mark);`,
      replace: `      this.#written(host, group, mark);
      await this.#options.storage.snapshots.write(group, mark, chunks, { signal });`,
    },
  ],
  seenBy: 'test/node/snapshot-keeper.test.ts',
};
