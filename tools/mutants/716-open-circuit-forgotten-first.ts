/** The circuit of a key is forgotten although it is open and others are idle. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The circuit of a key is forgotten although it is open and others are idle.',
  patches: [
    {
      file: 'src/resilience/keyed.ts',
      find: 'if (this.#isIdle === undefined || this.#isIdle(entry.state)) {',
      replace: 'if (entry !== undefined) {',
    },
  ],
  seenBy: 'test/resilience/keyed-breakers.test.ts',
};
