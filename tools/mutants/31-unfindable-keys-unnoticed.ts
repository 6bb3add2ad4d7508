/** A key that can no longer be found is never looked for. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A key that can no longer be found is never looked for.',
  patches: [
    {
      file: 'src/node/state-scrub.ts',
      find: '    return met.every((key) => reader.get(key) !== undefined);',
      replace: '    return met.every((key) => key.length > 0);',
    },
  ],
  seenBy: 'test/node/store-on-disk.test.ts',
};
