/** Members do not heed who says that it does not count yet. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Members do not heed who says that it does not count yet.',
  patches: [
    {
      file: 'src/membership/partition-sense.ts',
      find: "metadata.labels?.[settledLabel] !== '0'",
      replace: "metadata.labels?.[settledLabel] !== ''",
    },
  ],
  seenBy: 'test/membership/newcomers-in-partitions.test.ts',
};
