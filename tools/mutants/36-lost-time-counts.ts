/** Time in which the leader stood still counts for its leases. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Time in which the leader stood still counts for its leases.',
  patches: [
    {
      file: 'src/mvcc/lease-clock.ts',
      find: '    this.#time += Math.min(now - this.#readAt, stepMsMax);',
      replace: '    this.#time += Math.max(now - this.#readAt, stepMsMax - stepMsMax);',
    },
  ],
  seenBy: 'test/mvcc/lease-clock.test.ts',
};
