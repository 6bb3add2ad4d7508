/** Who waits in the process of the one who leaves hears of it from the server alone. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who waits in the process of the one who leaves hears of it from the server alone.',
  patches: [
    {
      file: 'src/recipes/place.ts',
      find: '      context.departures.tell(key, mark);\n',
      replace: '',
    },
  ],
  seenBy: 'test/recipes/lock.test.ts',
};
