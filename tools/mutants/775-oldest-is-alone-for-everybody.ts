/** Every side without the oldest member takes it to be alone, and goes on without it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Every side without the oldest member takes it to be alone, and goes on without it.',
  patches: [
    {
      file: 'src/gossip/verdict/verdict.ts',
      find: 'const areAllHere = mayGiveWay && lost.length === 1;',
      replace: 'const areAllHere = mayGiveWay;',
    },
  ],
  seenBy: 'test/gossip/verdict/verdict.test.ts',
};
