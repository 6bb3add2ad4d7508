/** An adaptive limit learns the queue that it has made itself as the normal time, and grows without end. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An adaptive limit learns the queue that it has made itself as the normal time, and grows without end.',
  patches: [
    {
      file: 'src/resilience/limit-gradient.ts',
      find: '    const isQueueOurs = runningMax * 2 > limit;\n',
      replace: '    const isQueueOurs = runningMax * 2 > limit * 1000;\n',
    },
  ],
  seenBy: 'test/resilience/limit-state.test.ts',
};
