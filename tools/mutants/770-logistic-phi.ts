/** Phi comes from a logistic curve, over the deviation as it was measured: for heartbeats of a timer that is nothing. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Phi comes from a logistic curve, over the deviation as it was measured: for heartbeats of a timer that is nothing.',
  patches: [
    {
      file: 'src/gossip/detection/phi-accrual-detector.ts',
      find: 'return Math.max(this.#deviationMinMs, window.deviationMs);',
      replace: 'return window.deviationMs;',
    },
    {
      file: 'src/gossip/detection/normal-tail.ts',
      find: 'return (z * z * 0.5 - Math.log(scaledTail(z))) * Math.LOG10E;',
      replace: 'return Math.log10(1 + Math.exp(z * (1.5976 + 0.070566 * z * z)));',
    },
  ],
  seenBy: 'test/gossip/detection/phi-accrual.test.ts',
};
