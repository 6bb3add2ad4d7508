/** The node takes every failure for a full disk and tries the same append for ever. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The node takes every failure for a full disk and tries the same append for ever.',
  patches: [
    {
      file: 'src/node/persist-queue.ts',
      find: `  return error.code === 'disk-full' || error.code === 'queue-full';`,
      replace: `  return error.code === 'disk-full' || error.code === 'queue-full' || error instanceof Error;`,
    },
  ],
  seenBy: 'test/node/persist-queue.test.ts',
};
