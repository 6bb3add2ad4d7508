/** What others told before the engine was lost counts on. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'What others told before the engine was lost counts on.',
  patches: [
    {
      file: 'src/resilience/hint-sharing.ts',
      find: `    this.#isLost = true;
    this.#board.lose(clock.now());`,
      replace: '    this.#isLost = true;',
    },
  ],
  seenBy: 'test/resilience/hint-sharing.test.ts',
};
