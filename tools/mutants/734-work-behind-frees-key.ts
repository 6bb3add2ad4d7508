/** A call of which something goes on behind its time limit frees its idempotency key by the word of its last failure. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The last failure of a call frees its idempotency key, though something of the call goes on behind its time limit.',
  patches: [
    {
      file: 'src/resilience/idempotency.ts',
      find: 'const isOver = !call.isAborted && call.whenSettled() === undefined;',
      replace: 'const isOver = !call.isAborted;',
    },
  ],
  seenBy: 'test/resilience/idempotency.test.ts',
};
