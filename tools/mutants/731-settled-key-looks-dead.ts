/** A record without a holder is taken for a death, though the call was settled between the two reads. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A claim that is settled between the reads of its record and of its holder is taken for one of a dead process.',
  patches: [
    {
      file: 'src/recipes/resilience/engine-answers.ts',
      find: 'if (again?.modified === item.modified) return { item, record, isHeld: false };',
      replace: 'if (again !== undefined) return { item, record, isHeld: false };',
    },
  ],
  seenBy: 'test/recipes/resilience/engine-answers.test.ts',
};
