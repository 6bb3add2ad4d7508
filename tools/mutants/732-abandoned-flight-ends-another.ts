/** The end of shared work that everybody has left takes the work that began after it out of reach. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The end of shared work that everybody has left lets callers of its key begin beside the work that is under way.',
  patches: [
    {
      file: 'src/resilience/flights.ts',
      find: 'if (this.#underWay.get(key) === flight) this.#underWay.delete(key);',
      replace: 'this.#underWay.delete(key);',
    },
  ],
  seenBy: 'test/resilience/single-flight.test.ts',
};
