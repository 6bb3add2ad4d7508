/** Least connections takes turns, whatever is under way. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Least connections takes turns, whatever is under way.',
  patches: [
    {
      file: 'src/discovery/balancing/least-connections.ts',
      find: 'const load = slot.inFlight === 0 ? 0 : slot.inFlight / this.#slowStart.weightOf(slot, nowMs);',
      replace: 'const load = 0;',
    },
  ],
  seenBy: 'test/discovery/balancing/least-connections.test.ts',
};
