/** A piece is bounded in events only, and long values stop all members at once. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A piece is bounded in events only, and long values stop all members at once.',
  patches: [
    {
      file: 'src/mvcc/collector.ts',
      find: 'while (links.length < piece.events && bytes < piece.bytes) {',
      replace: 'while (links.length < piece.events) {',
    },
    {
      file: 'src/mvcc/collector.ts',
      find: 'if (freedBytes >= piece.bytes) {',
      replace: 'if (freedBytes === Number.POSITIVE_INFINITY) {',
    },
  ],
  seenBy: 'test/mvcc/collection.test.ts',
};
