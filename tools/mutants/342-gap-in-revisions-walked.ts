/** Revisions that nobody made count as collected ones: behind a restore nothing is freed for years. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Revisions that nobody made count as collected ones: behind a restore nothing is freed for years.',
  patches: [
    {
      file: 'src/mvcc/collector.ts',
      find: 'scanHistory(collected, compactedRevision + 1);',
      replace:
        'scanHistory(collected, Math.min(compactedRevision + 1, collected.revision + piece.revisions));',
    },
    {
      file: 'src/mvcc/collector.ts',
      find: '? { revision: state.compactedRevision + 1, position: 0 }',
      replace:
        '? { revision: Math.min(state.compactedRevision + 1, state.collected.revision + piece.revisions), position: 0 }',
    },
  ],
  seenBy: 'test/mvcc/collection.test.ts',
};
