/** A sliding window forgets a slice that a part of the window still covers. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A sliding window forgets a slice that a part of the window still covers.',
  patches: [
    {
      file: 'src/resilience/sliding-window.ts',
      find: 'const slicesKept = slicesInWindow + 1;',
      replace: 'const slicesKept = slicesInWindow;',
    },
  ],
  seenBy: 'test/resilience/rate-rule.test.ts',
};
