/** Progress counts for a watcher that is still behind. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Progress counts for a watcher that is still behind.',
  patches: [
    {
      file: 'src/mvcc/watches.ts',
      find: `    return watcher.state === 'synced' ? this.#taken : Math.min(watcher.next - 1, this.#taken);`,
      replace: '    return this.#taken;',
    },
  ],
  seenBy: 'test/mvcc/watches.test.ts',
};
