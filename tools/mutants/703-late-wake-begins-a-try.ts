/** A process that stood still through the deadline begins a try when its pause wakes it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A process that stood still through the deadline begins a try when its pause wakes it.',
  patches: [
    {
      file: 'src/resilience/retry.ts',
      find: "        if (course.isTooLate(0)) return this.#end('deadline', ended, course);\n",
      replace: '',
    },
  ],
  seenBy: 'test/resilience/retry.test.ts',
};
