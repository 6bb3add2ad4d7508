/** The memory of replays remembers packets that nobody has proved, so strangers push out what it is for. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The memory of replays remembers packets that nobody has proved, so strangers push out what it is for.',
  patches: [
    {
      file: 'src/membership/envelope.ts',
      find: "if (message === undefined) return 'wrong-key';\n    return this.#memory.isNew(nonce) ? message : 'replay';",
      replace:
        "const isNew = this.#memory.isNew(nonce);\n    if (message === undefined) return 'wrong-key';\n    return isNew ? message : 'replay';",
    },
  ],
  seenBy: 'test/membership/envelope.test.ts',
};
