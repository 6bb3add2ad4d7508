/** Segments are opened without durable writes, so that an answer says nothing. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Segments are opened without durable writes, so that an answer says nothing.',
  patches: [
    {
      file: 'src/storage/log/segment-files.ts',
      find: `{ create: 'never', durableWrites: true }`,
      replace: `{ create: 'never' }`,
    },
  ],
  seenBy: 'test/storage/log-crashes.test.ts',
};
