/** Only the durations of first tries that win are remembered, so each hedge that wins makes the delay shorter. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Only the durations of first tries that win are remembered, so each hedge that wins makes the delay shorter.',
  patches: [
    {
      file: 'src/resilience/hedge-race.ts',
      find: '    if (!this.#hasFirstFailed && !this.#call.isAborted) this.#sawFirst();',
      replace: '    if (winner.attempt === 1) this.#sawFirst();',
    },
  ],
  seenBy: 'test/resilience/hedge-delay.test.ts',
};
