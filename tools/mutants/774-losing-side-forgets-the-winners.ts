/** A losing side whose gossip has forgotten the others takes itself for the whole cluster. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A losing side whose gossip has forgotten the others takes itself for the whole cluster.',
  patches: [
    {
      file: 'src/gossip/verdict/roster.ts',
      find: 'if (entry.isHere && !seen.has(id)) isNew = this.#note(id, { ...entry, isHere: false }, nowMs);',
      replace: 'if (!seen.has(id)) isNew = this.#entries.delete(id) || (entry.isHere && nowMs < 0);',
    },
  ],
  seenBy: 'test/gossip/verdict/partition-guard.test.ts',
};
