/** A watch from a future revision hears of what comes before it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A watch from a future revision hears of what comes before it.',
  patches: [
    {
      file: 'src/mvcc/watches.ts',
      find: '      if (watcher === undefined || watcher.next > event.revision) return;',
      replace: '      if (watcher === undefined) return;',
    },
  ],
};
