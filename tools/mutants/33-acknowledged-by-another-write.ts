/** A follower acknowledges what it holds when an earlier write is answered. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A follower acknowledges what it holds when an earlier write is answered.',
  patches: [
    {
      file: 'src/raft/outbox.ts',
      find: '    this.#sendAfter(this.needsPersist ? this.#issued + 1 : this.#issued, message);',
      replace: '    this.#sendAfter(this.#issued, message);',
    },
  ],
  seenBy: 'test/raft/durability.test.ts',
};
