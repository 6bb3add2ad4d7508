/** A lost answer is taken for a refusal: the lease that was given all the same is forgotten, and no side ever has it again. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A lost answer is taken for a refusal: the lease that was given all the same is forgotten, and no side ever has it again.',
  patches: [
    {
      file: 'src/gossip/verdict/lease-claims.ts',
      find: 'if (answer !== false || number !== this.#askedLast) return;',
      replace: 'if (answer === true || number !== this.#askedLast) return;',
    },
  ],
  seenBy: 'test/gossip/verdict/partition-sides.test.ts',
};
