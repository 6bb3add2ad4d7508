/** A waiter is let in although its place vanished with its session while it waited. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A waiter is let in although its place vanished with its session while it waited.',
  patches: [
    {
      file: 'src/recipes/line.ts',
      find: `      place.checkPresent(signal),
`,
      replace: `      Promise.resolve(signal),
`,
    },
  ],
  seenBy: 'test/recipes/lock.test.ts',
};
