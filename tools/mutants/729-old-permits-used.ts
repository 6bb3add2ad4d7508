/** Permits of a shared rate that lay here too long are used, on top of what has come since. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Permits of a shared rate that lay here too long are used, on top of what has come since.',
  patches: [
    {
      file: 'src/resilience/permit-stock.ts',
      find: '      if (first.untilMs > nowMs && first.permits > 0) {',
      replace: '      if (first.permits > 0) {',
    },
  ],
  seenBy: 'test/resilience/shared-rate-limit.test.ts',
};
