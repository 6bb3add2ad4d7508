/** Where users count, what the leader asks of the collector is refused. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Where users count, what the leader asks of the collector is refused.',
  patches: [
    {
      file: 'src/mvcc/security.ts',
      find: "&& (kind === 'compact' || kind === 'collect')",
      replace: "&& kind === 'compact'",
    },
  ],
  seenBy: 'test/node/history-length.test.ts',
};
