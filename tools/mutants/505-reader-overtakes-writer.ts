/** Who comes to read is let in while others read, past a writer who waits. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who comes to read is let in while others read, past a writer who waits.',
  patches: [
    {
      file: 'src/recipes/read-write-lock.ts',
      find: '        return at >= 0 && !heads.slice(0, at).some(writes);',
      replace: '        return at >= 0 && !heads.slice(0, 1).some(writes);',
    },
  ],
  seenBy: 'test/recipes/read-write-lock.test.ts',
};
