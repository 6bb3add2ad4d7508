/** A losing side whose gossip has forgotten the others takes itself for the whole cluster. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A losing side whose gossip has forgotten the others takes itself for the whole cluster.',
  patches: [
    {
      file: 'src/gossip/verdict/roster.ts',
      find: 'new Map([...this.#entries].map(([id, entry]) => [id, { ...entry, isHere: false }]));',
      replace: 'new Map<string, Entry>();',
    },
  ],
  seenBy: 'test/gossip/verdict/partition-guard.test.ts',
};
