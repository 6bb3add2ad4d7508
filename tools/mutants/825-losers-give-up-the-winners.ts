/** A side that gave way gives up the others after a while, and takes itself for whole. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A side that gave way gives up the others after a while, and takes itself for whole.',
  patches: [
    {
      file: 'src/gossip/verdict/partition-guard.ts',
      find: "if (this.#state.kind !== 'up') return Number.POSITIVE_INFINITY;",
      replace: "if (this.#state.kind === 'whole') return Number.POSITIVE_INFINITY;",
    },
    {
      file: 'src/gossip/verdict/standing.ts',
      find: 'this.#goingMs = goesOn ? Math.min(this.#goingMs, nowMs) : Number.POSITIVE_INFINITY;',
      replace: 'this.#goingMs = Math.min(this.#goingMs, nowMs);',
    },
  ],
  seenBy: 'test/gossip/verdict/forget-lost.test.ts',
};
