/** A receiver takes whatever comes on a stream, granted or not. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A receiver takes whatever comes on a stream, granted or not.',
  patches: [
    {
      file: 'src/net/messaging/stream-flow.ts',
      find: "    if (this.#granted < 0) throw creditExceeded('it sends more on a stream than it was granted');\n",
      replace: '',
    },
  ],
  seenBy: 'test/net/messaging-hostile.test.ts',
};
