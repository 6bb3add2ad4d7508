/** An append to etcd that is sent again leaves the earlier try as it was, so that it may bring the item back when it arrives. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An append to etcd that is sent again leaves the earlier try as it was, so that it may bring the item back when it arrives.',
  patches: [
    {
      file: 'src/engines/etcd/transaction.ts',
      find: 'success: [...this.#steps.flatMap((step) => step.operations(counters)), ...joint, ...voids],',
      replace: 'success: [...this.#steps.flatMap((step) => step.operations(counters)), ...joint],',
    },
  ],
  seenBy: 'test/engines/etcd/transaction.test.ts',
};
