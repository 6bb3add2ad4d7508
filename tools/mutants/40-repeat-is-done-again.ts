/** A request that comes again is carried out again. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A request that comes again is carried out again.',
  patches: [
    {
      file: 'src/mvcc/store.ts',
      find: '    if (reply !== undefined) return {',
      replace: `    if (reply !== undefined && command.body.kind === 'get') return {`,
    },
  ],
  seenBy: 'test/mvcc/sessions.test.ts',
};
