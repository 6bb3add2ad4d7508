/** A probe whose caller gave up keeps its place. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A probe whose caller gave up keeps its place.',
  patches: [
    {
      file: 'src/resilience/circuit-guard.ts',
      find: `    this.isGivenUp = true;
    this.#circuit.withdraw(this.#ticket);`,
      replace: '    this.isGivenUp = true;',
    },
  ],
  seenBy: 'test/resilience/breaker.test.ts',
};
