/** A watch is told to have heard of what waits for the end of the turn. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A watch is told to have heard of what waits for the end of the turn.',
  patches: [
    {
      file: 'src/mvcc/watches.ts',
      find: `    return watcher.state === 'synced' ? this.#taken : Math.min(`,
      replace: `    return watcher.state === 'synced' ? this.#published : Math.min(`,
    },
  ],
  seenBy: 'test/mvcc/watches.test.ts',
};
