/** Who gives up during a pause between tries waits for its end. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who gives up during a pause between tries waits for its end.',
  patches: [
    {
      file: 'src/resilience/pause.ts',
      find: '    call.watch(pausing);\n',
      replace: '',
    },
  ],
  seenBy: 'test/resilience/pause.test.ts',
};
