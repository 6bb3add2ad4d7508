/** A loss of entries that is noted later takes the place of a lost vote. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A loss of entries that is noted later takes the place of a lost vote.',
  patches: [
    {
      file: 'src/node/damage-record.ts',
      find: `if (all.get(group) !== 'vote') all.set(group, loss);`,
      replace: 'all.set(group, loss);',
    },
  ],
  seenBy: 'test/node/repairs.test.ts',
};
