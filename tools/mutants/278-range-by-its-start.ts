/** A range is allowed when its first key is. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A range is allowed when its first key is.',
  patches: [
    {
      file: 'src/mvcc/rights.ts',
      find: 'return span.end.length === 0 || (end.length > 0 && compareKeys(end, span.end) <= 0);',
      replace: 'return span.end.length === 0 || compareKeys(start, span.end) < 0;',
    },
  ],
  seenBy: 'test/mvcc/security.test.ts',
};
