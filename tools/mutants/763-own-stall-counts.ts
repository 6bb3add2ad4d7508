/** A node that stood still counts the time against those whom it suspects, and buries who had no time to contradict. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A node that stood still counts the time against those whom it suspects, and buries who had no time to contradict.',
  patches: [
    {
      file: 'src/gossip/suspicion.ts',
      find: '    this.#startMs += ms;',
      replace: '    this.#startMs += 0 * ms;',
    },
  ],
  seenBy: 'test/gossip/suspicion.test.ts',
};
