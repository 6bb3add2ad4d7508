/** A subscription that comes back after its connection was lost goes on as if nothing were missing. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A subscription that comes back after its connection was lost goes on as if nothing were missing.',
  patches: [
    {
      file: 'src/net/messaging/subscription.ts',
      find: '    if (this.#wasInForce) this.#gap(undefined);\n',
      replace: '',
    },
  ],
  seenBy: 'test/net/messaging-subscriptions.test.ts',
};
