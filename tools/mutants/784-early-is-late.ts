/** What was due before it was asked for counts as a stall, so a member begins its life by giving others all the time of the clock. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'What was due before it was asked for counts as a stall, so a member begins its life by giving others all the time of the clock.',
  patches: [
    {
      file: 'src/membership/soonest-timer.ts',
      find: 'const soonestMs = Math.max(dueMs, nowMs);',
      replace: 'const soonestMs = dueMs;',
    },
  ],
  seenBy: 'test/membership/town.test.ts',
};
