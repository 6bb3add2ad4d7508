/** A removal that leaves no majority alive is taken, and can never be committed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A removal that leaves no majority alive is taken, and can never be committed.',
  patches: [
    {
      file: 'src/node/administration.ts',
      find: '    if (left.length > 0 && alive.length > left.length / 2) return;',
      replace: '    if (left.length > 0 && alive.length >= 0) return;',
    },
  ],
  seenBy: 'test/node/members.test.ts',
};
