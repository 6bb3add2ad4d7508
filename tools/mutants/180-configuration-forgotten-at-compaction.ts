/** Compaction forgets the configuration that is in force. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Compaction forgets the configuration that is in force.',
  patches: [
    {
      file: 'src/raft/memberships.ts',
      find: '(this.#placed[1] as Placed).index <= index) this.#placed.shift();',
      replace: '(this.#placed[1] as Placed).index <= index) this.#placed.pop();',
    },
  ],
  seenBy: 'test/raft/configurations.test.ts',
};
