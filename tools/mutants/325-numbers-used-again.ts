/** Calls are numbered by how many are open, so a late answer finds a call that never asked for it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Calls are numbered by how many are open, so a late answer finds a call that never asked for it.',
  patches: [
    {
      file: 'src/net/messaging/calling-channel.ts',
      find: '    this.#lastId += 1;\n',
      replace: '    this.#lastId = this.open + 1;\n',
    },
  ],
  seenBy: 'test/net/messaging-calls.test.ts',
};
