/** A watch from a future revision hears of what comes before it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A watch from a future revision hears of what comes before it.',
  patches: [
    {
      file: 'src/mvcc/watches.ts',
      find: '      if (audience.from > event.revision) return;\n',
      replace: '',
    },
  ],
  seenBy: 'test/mvcc/watches.test.ts',
};
