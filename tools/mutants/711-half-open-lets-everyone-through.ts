/** A half-open circuit lets everyone through. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A half-open circuit lets everyone through.',
  patches: [
    {
      file: 'src/resilience/circuit.ts',
      find: 'if (state.lent.size >= this.#settings.probes.calls) {',
      replace: 'if (state.lent.size >= Number.POSITIVE_INFINITY) {',
    },
  ],
  seenBy: 'test/resilience/breaker.test.ts',
};
