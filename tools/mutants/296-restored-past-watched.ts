/** A restored cluster lets watches go on that saw what is lost. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A restored cluster lets watches go on that saw what is lost.',
  patches: [
    {
      file: 'src/mvcc/store.ts',
      find: '{ appliedIndex: index, revision, compactedRevision: revision }',
      replace: '{ appliedIndex: index, revision }',
    },
  ],
  seenBy: 'test/node/restoring.test.ts',
};
