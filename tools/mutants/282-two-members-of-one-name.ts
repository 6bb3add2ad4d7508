/** Two members may have one name, and one address. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Two members may have one name, and one address.',
  patches: [
    {
      file: 'src/node/administration.ts',
      find: '    if (id === member || card === undefined) continue;',
      replace: '    if (id !== member || card === undefined) continue;',
    },
  ],
  seenBy: 'test/node/members.test.ts',
};
