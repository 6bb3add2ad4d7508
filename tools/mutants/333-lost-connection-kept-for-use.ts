/** A connection that breaks with its greeting is kept, and whatever comes later is asked on it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A connection that breaks with its greeting is kept, and whatever comes later is asked on it.',
  patches: [
    {
      file: 'src/net/messaging/peer.ts',
      find: "if (made.isLost) throw connectionLost(address, undefined, 'not-applied');",
      replace: '',
    },
  ],
  seenBy: 'test/net/messaging-greetings.test.ts',
};
