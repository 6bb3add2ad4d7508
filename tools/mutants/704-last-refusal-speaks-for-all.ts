/** The last try was refused and says that nothing happened, though an earlier one may have had an effect. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The last try was refused and says that nothing happened, though an earlier one may have had an effect.',
  patches: [
    {
      file: 'src/resilience/retry-course.ts',
      find: "    return statedBy(last.error).outcome === 'not-applied' ? (this.#doubt as Ended<T>) : last;",
      replace: '    return last;',
    },
  ],
  seenBy: 'test/resilience/retry.test.ts',
};
