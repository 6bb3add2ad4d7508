/** Each half of a cluster takes itself for the half that goes on. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Each half of a cluster takes itself for the half that goes on.',
  patches: [
    {
      file: 'src/gossip/verdict/verdict.ts',
      find: 'const isLowestHere = (alive[0] as string) < (lost[0] as string);',
      replace: 'const isLowestHere = alive[0] !== lost[0];',
    },
  ],
  seenBy: 'test/gossip/verdict/verdict.test.ts',
};
