/** A client is answered as soon as its command stands in the leader's log. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: "A client is answered as soon as its command stands in the leader's log.",
  patches: [
    {
      file: 'src/node/proposing.ts',
      find: 'to.pending.add(index, term, waiters, bytesOf(commands));',
      replace: 'for (const waiter of waiters) waiter.resolve(new Uint8Array([1, index & 0, term & 0]));',
    },
  ],
  seenBy: 'test/node/group-host.test.ts',
};
