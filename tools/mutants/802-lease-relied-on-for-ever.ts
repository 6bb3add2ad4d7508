/** A side goes on by a lease that nobody has given it again for longer than it lasts. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A side goes on by a lease that nobody has given it again for longer than it lasts.',
  patches: [
    {
      file: 'src/gossip/verdict/partition-guard.ts',
      find: 'untilMs: overAtMs - askEveryMs + this.#settings.leaseMs }',
      replace: 'untilMs: overAtMs - askEveryMs + 10 * this.#settings.leaseMs }',
    },
  ],
  seenBy: 'test/gossip/verdict/partition-sides.test.ts',
};
