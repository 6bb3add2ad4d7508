/** Whoever looks again behind a watch is answered by whichever node comes next, however old its state is. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A listing since a mark is answered by a node that has not come to the mark.',
  patches: [
    {
      file: 'src/client/store-reads.ts',
      find: '    const isNew = reply.revision >= revision;',
      replace: '    const isNew = reply.revision >= 0;',
    },
  ],
  seenBy: 'test/engines/quorate-since.test.ts',
};
