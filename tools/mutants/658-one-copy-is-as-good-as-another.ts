/** On NATS a message counts as the leader's by its number alone, though another one has that number there. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: "On NATS a message counts as the leader's by its number alone, though another one has that number there.",
  patches: [
    {
      file: 'src/engines/nats/witness.ts',
      find: 'this.#received.get(sequence) === moment',
      replace: 'this.#received.has(sequence) && moment >= 0',
    },
  ],
  seenBy: 'test/engines/nats/copies.test.ts',
};
