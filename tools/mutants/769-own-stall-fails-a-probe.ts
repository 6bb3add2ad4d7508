/** A node that stood still while it waited for an answer suspects the one that it asked. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A node that stood still while it waited for an answer suspects the one that it asked.',
  patches: [
    {
      file: 'src/gossip/prober.ts',
      find: 'if (this.#probe !== undefined) this.#probe.nextMs += ms;',
      replace: 'if (this.#probe !== undefined) this.#probe.nextMs += 0 * ms;',
    },
  ],
  seenBy: 'test/gossip/probing.test.ts',
};
