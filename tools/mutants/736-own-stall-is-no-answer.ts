/** A limit of time whose timer is late ends the call at once, with the answer unread in the socket. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A process that stood still ends its calls before it reads the answers that came meanwhile.',
  patches: [
    {
      file: 'src/resilience/expiry-line.ts',
      find: 'if (isLate) this.#clock.afterTurn(() => this.#expireDue(nowMs));',
      replace: 'if (isLate) this.#expireDue(nowMs);',
    },
  ],
  seenBy: 'test/resilience/timeout.test.ts',
};
