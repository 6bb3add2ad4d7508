/** A call whose deadline passes after it was sent is told that nothing was done. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A call whose deadline passes after it was sent is told that nothing was done.',
  patches: [
    {
      file: 'src/net/messaging/calling-link.ts',
      find: "deadlineOver(call.timeoutMs, 'unknown')",
      replace: "deadlineOver(call.timeoutMs, 'not-applied')",
    },
  ],
  seenBy: 'test/net/messaging-calls.test.ts',
};
