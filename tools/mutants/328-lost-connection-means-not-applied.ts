/** Calls that were under way when the connection broke are told that nothing was done. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Calls that were under way when the connection broke are told that nothing was done.',
  patches: [
    {
      file: 'src/net/messaging/calling-link.ts',
      find: "this.#isGreeted ? 'unknown' : 'not-applied'",
      replace: "'not-applied'",
    },
  ],
  seenBy: 'test/net/messaging-connections.test.ts',
};
