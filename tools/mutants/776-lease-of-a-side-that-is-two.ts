/** A side asks for the lease by the name of its first member, which was the name of another side before. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A side asks for the lease by the name of its first member, which was the name of another side before.',
  patches: [
    {
      file: 'src/gossip/verdict/partition-guard.ts',
      find: 'owner: this.#roster.here.join()',
      replace: 'owner: String(this.#roster.here[0])',
    },
  ],
  seenBy: 'test/gossip/verdict/partition-sides.test.ts',
};
