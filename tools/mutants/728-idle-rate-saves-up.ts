/** A rate of many processes that nobody uses saves up more than its burst. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A rate of many processes that nobody uses saves up more than its burst.',
  patches: [
    {
      file: 'src/recipes/resilience/engine-rates.ts',
      find: '      ...{ least: nowUs + amount, most: nowUs + burstUs },\n',
      replace: '      ...{ most: nowUs + burstUs },\n',
    },
  ],
  seenBy: 'test/recipes/engine-rates.test.ts',
};
