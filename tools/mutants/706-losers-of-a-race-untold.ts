/** A hedge has answered, and whoever counts work does not hear that the other try still runs. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A hedge has answered, and whoever counts work does not hear that the other try still runs.',
  patches: [
    {
      file: 'src/resilience/hedge-race.ts',
      find: '      call.leaveBehind(work);\n',
      replace: '',
    },
  ],
  seenBy: 'test/resilience/hedge.test.ts',
};
