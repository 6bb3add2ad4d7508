/** News that were sent often enough stay in the queue: each packet is full of what everybody knows. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'News that were sent often enough stay in the queue: each packet is full of what everybody knows.',
  patches: [
    {
      file: 'src/gossip/broadcasts.ts',
      find: 'if (broadcast.sent >= limit) this.#byId.delete(broadcast.id);',
      replace: 'if (broadcast.sent > limit * 1_000) this.#byId.delete(broadcast.id);',
    },
  ],
  seenBy: 'test/gossip/broadcasts.test.ts',
};
