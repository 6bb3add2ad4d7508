/** A probe that never ends has its place for ever. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A probe that never ends has its place for ever.',
  patches: [
    {
      file: 'src/resilience/circuit.ts',
      find: '    if (untilMs > nowMs) return;',
      replace: '    if (untilMs > nowMs || lent.size > 0) return;',
    },
  ],
  seenBy: 'test/resilience/breaker.test.ts',
};
