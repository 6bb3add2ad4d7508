/** A side that would go on refuses while it waits for the verdict, as one that would not. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A side that would go on refuses while it waits for the verdict, as one that would not.',
  patches: [
    {
      file: 'src/gossip/verdict/partition-guard.ts',
      find: "if (state.kind !== 'deciding' || this.#verdict.kind === 'stay') return accessIn(state);",
      replace: "if (state.kind !== 'deciding') return accessIn(state);",
    },
  ],
  seenBy: 'test/gossip/verdict/partition-guard.test.ts',
};
