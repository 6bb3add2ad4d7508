/** A token passes when somebody else has become the holder since. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A token passes when somebody else has become the holder since.',
  patches: [
    {
      file: 'src/mvcc/guards.ts',
      find: `      return current === token ? undefined : refuse('fenced', token, current);`,
      replace: `      return current >= token ? undefined : refuse('fenced', token, current);`,
    },
  ],
  seenBy: 'test/mvcc/fences.test.ts',
};
