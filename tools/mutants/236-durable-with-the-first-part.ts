/** An append that was cut is told durable with its first part. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An append that was cut is told durable with its first part.',
  patches: [
    {
      file: 'src/node/persist-queue.ts',
      find: '      const isLast = place === parts.length - 1;',
      replace: '      const isLast = place === 0;',
    },
  ],
  seenBy: 'test/node/persist-queue.test.ts',
};
