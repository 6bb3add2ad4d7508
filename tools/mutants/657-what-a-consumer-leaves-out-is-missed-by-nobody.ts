/** On NATS a copy that has received its mark is believed, whatever its consumer has left out before. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'On NATS a copy that has received its mark is believed, whatever its consumer has left out before.',
  patches: [
    {
      file: 'src/engines/nats/witness.ts',
      find: '      if (difference !== undefined) return difference;\n    }\n    this.#provedUpTo',
      replace: '    }\n    this.#provedUpTo',
    },
  ],
  seenBy: 'test/engines/nats/holes.test.ts',
};
