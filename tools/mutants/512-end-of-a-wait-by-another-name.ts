/** Who waits when his coordination is closed is told that his session has expired, and goes on as if a server had gone. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who waits when his coordination is closed is told that his session has expired, and goes on as if a server had gone.',
  patches: [
    {
      file: 'src/recipes/time-limit.ts',
      find: '    return this.signal.aborted ? this.signal.reason : error;',
      replace: '    return error;',
    },
  ],
  seenBy: 'test/recipes/closing.test.ts',
};
