/** The note of a run carries no fence, so a leader that was superseded begins it too. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The note of a run carries no fence, so a leader that was superseded begins it too.',
  patches: [
    {
      file: 'src/recipes/singleton.ts',
      find: '    const request = { fences: [leadership.fence], operations };',
      replace: '    const request = { operations };',
    },
  ],
  seenBy: 'test/recipes/singleton.test.ts',
};
