/** A watcher that was stopped goes on one revision too late. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A watcher that was stopped goes on one revision too late.',
  patches: [
    {
      file: 'src/mvcc/watches.ts',
      find: '    watcher.next = next;',
      replace: '    watcher.next = next + 1;',
    },
  ],
  seenBy: 'test/mvcc/watches.test.ts',
};
