/** Who starts on a losing side hears nothing of the other side when that is forgotten, and goes on. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who starts on a losing side hears nothing of the other side when that is forgotten, and goes on.',
  patches: [
    {
      file: 'src/membership/join-membership.ts',
      find: 'waitedFor: () => partition?.lost ?? [],',
      replace: 'waitedFor: () => [],',
    },
  ],
  seenBy: 'test/membership/newcomers-in-partitions.test.ts',
};
