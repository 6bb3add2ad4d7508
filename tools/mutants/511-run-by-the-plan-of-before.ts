/** A singleton runs what it went to sleep for, however late it wakes. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A singleton runs what it went to sleep for, however late it wakes.',
  patches: [
    {
      file: 'src/recipes/singleton.ts',
      find: '      if (now.due === plan.due || nowMs - plan.due < promptMs) return plan;',
      replace: '      if (now.due === plan.due || nowMs >= plan.due) return plan;',
    },
  ],
  seenBy: 'test/recipes/singleton.test.ts',
};
