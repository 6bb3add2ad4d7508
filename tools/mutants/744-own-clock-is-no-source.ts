/** The own clock has no vote, so of three nodes one that is wrong leaves no majority. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The own clock has no vote, so of three nodes one that is wrong leaves no majority.',
  patches: [
    {
      file: 'src/time/clock-offsets.ts',
      find: 'agreementOf([own, ...peers].map',
      replace: 'agreementOf(peers.map',
    },
  ],
  seenBy: 'test/time/clock-offsets.test.ts',
};
