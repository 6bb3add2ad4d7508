/** A detector whose own process stood still takes what it could not read for the silence of everybody else. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A detector whose own process stood still takes what it could not read for the silence of everybody else.',
  patches: [
    {
      file: 'src/gossip/detection/own-time.ts',
      find: 'this.#nowMs -= Math.min(forMs, this.#leapMaxMs);',
      replace: 'this.#nowMs -= Math.min(forMs, 0);',
    },
  ],
  seenBy: 'test/gossip/detection/detectors.test.ts',
};
