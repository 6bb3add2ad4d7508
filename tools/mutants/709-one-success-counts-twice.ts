/** A success earns for the retry and again for the hedge within, so a budget allows twice what it says. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A success earns for the retry and again for the hedge within, so a budget allows twice what it says.',
  patches: [
    {
      file: 'src/resilience/retry-budget.ts',
      find: "    if (spender === 'retry' || !this.#isEarnedByRetries) this.#reserve.deposit();",
      replace: '    this.#reserve.deposit();',
    },
  ],
  seenBy: 'test/resilience/retry-budget.test.ts',
};
