/** Long values are written faster than long values are freed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Long values are written faster than long values are freed.',
  patches: [
    {
      file: 'src/mvcc/collector.ts',
      find: 'if (changes >= changesMin || bytes >= bytesMin) {',
      replace: 'if (changes >= changesMin) {',
    },
  ],
  seenBy: 'test/mvcc/collection.test.ts',
};
