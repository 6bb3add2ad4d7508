/** What a killed process left in the cache is built on without being made durable. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'What a killed process left in the cache is built on without being made durable.',
  patches: [
    {
      file: 'src/storage/log/opening.ts',
      find: `  if (end.lastSegment === active.number) {
    await rewriteLast(active, end);
  } else`,
      replace: `  if (end.lastSegment === active.number) {
    // Nothing is written.
  } else`,
    },
  ],
  seenBy: 'test/storage/log-hazards.test.ts',
};
