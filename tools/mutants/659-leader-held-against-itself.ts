/** On NATS what the leader's own consumer brought is held against the leader, and is the same. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: "On NATS what the leader's own consumer brought is held against the leader, and is the same.",
  patches: [
    {
      file: 'src/engines/nats/feed.ts',
      find: 'if (leader === server || own !== this.#generation) return false;',
      replace: 'if (own !== this.#generation) return false;',
    },
  ],
  seenBy: 'test/engines/nats/copies.test.ts',
};
