/** A read is confirmed by a round of heartbeats that began before it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A read is confirmed by a round of heartbeats that began before it.',
  patches: [
    {
      file: 'src/raft/leader-reads.ts',
      find: '    this.#fresh.push(read);',
      replace: '    this.#confirming.pushBack({ ...read, round: this.#round });',
    },
  ],
  seenBy: 'test/raft/reads.test.ts',
};
