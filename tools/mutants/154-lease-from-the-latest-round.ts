/** The lease counts from the latest round that was sent, not from the one that was answered. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The lease counts from the latest round that was sent, not from the one that was answered.',
  patches: [
    {
      file: 'src/raft/leader-reads.ts',
      find: '      if (!this.#forfeited) this.#leaseFrom = issued.at;',
      replace: '      if (!this.#forfeited) this.#leaseFrom = this.#issued.back()?.at ?? issued.at;',
    },
  ],
  seenBy: 'test/raft/leases.test.ts',
};
