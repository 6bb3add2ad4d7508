/** An end that a renewal has overtaken ends the lease all the same. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An end that a renewal has overtaken ends the lease all the same.',
  patches: [
    {
      file: 'src/mvcc/lease-commands.ts',
      find: `      if (lease !== undefined && lease.renewals === renewals) this.#end(lease, 'expired');`,
      replace: `      if (lease !== undefined && renewals >= 0) this.#end(lease, 'expired');`,
    },
  ],
  seenBy: 'test/mvcc/lease-clock.test.ts',
};
