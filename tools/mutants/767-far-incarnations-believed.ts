/** Any incarnation is believed: one forged packet takes a member to the end of the numbers, where it cannot contradict. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Any incarnation is believed: one forged packet takes a member to the end of the numbers, where it cannot contradict.',
  patches: [
    {
      file: 'src/gossip/workings.ts',
      find: 'return claimed > Math.min(known + incarnationJumpMax * jumps, 2 ** 52);',
      replace: 'return claimed > Math.max(known + incarnationJumpMax * jumps, 2 ** 53);',
    },
  ],
  seenBy: 'test/gossip/own-life.test.ts',
};
