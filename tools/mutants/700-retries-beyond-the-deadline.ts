/** A retry begins a pause that ends when nobody waits any more, and asks once more for nobody. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A retry begins a pause that ends when nobody waits any more, and asks once more for nobody.',
  patches: [
    {
      file: 'src/resilience/retry-course.ts',
      find: "    if (this.isTooLate(pauseMs)) return 'deadline';\n",
      replace: '',
    },
  ],
  seenBy: 'test/resilience/retry.test.ts',
};
