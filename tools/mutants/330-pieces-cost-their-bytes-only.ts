/** A piece of a stream costs its bytes alone, so a window of single bytes takes a hundred times its size. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A piece of a stream costs its bytes alone, so a window of single bytes takes a hundred times its size.',
  patches: [
    {
      file: 'src/net/messaging/stream-flow.ts',
      find: 'const pieceOverhead = 64;',
      replace: 'const pieceOverhead = 0;',
    },
  ],
  seenBy: 'test/net/messaging-hostile.test.ts',
};
