/** A store without commands frees nothing: what was compacted counts against its quota for ever. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A store without commands frees nothing: what was compacted counts against its quota for ever.',
  patches: [
    {
      file: 'src/mvcc/collection-clock.ts',
      find: 'if (!isCollecting || isBusy || !isAnswered) return 0;',
      replace: 'if (!isCollecting || !isBusy || !isAnswered) return 0;',
    },
  ],
  seenBy: 'test/node/history-length.test.ts',
};
