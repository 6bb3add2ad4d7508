/** A new leader counts from the beginning of a lease that it does not know, and ends it at once. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A new leader counts from the beginning of a lease that it does not know, and ends it at once.',
  patches: [
    {
      file: 'src/mvcc/lease-clock.ts',
      find: '    const deadline = this.#time + remainingMs;',
      replace: '    const deadline = this.#time + ttlMs - remainingMs;',
    },
  ],
  seenBy: 'test/mvcc/lease-clock.test.ts',
};
