/** What a slow connection made a subscriber miss is told only when something else is published. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'What a slow connection made a subscriber miss is told only when something else is published.',
  patches: [
    {
      file: 'src/net/messaging/publisher.ts',
      find: '    for (const subscriber of subscribers) if (subscriber.missed > 0) this.#tellGap(subscriber);',
      replace: '    for (const subscriber of subscribers) subscriber.missed += 0;',
    },
  ],
  seenBy: 'test/net/messaging-subscriptions.test.ts',
};
