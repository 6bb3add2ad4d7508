/** On NATS a consumer that was not answered for is asked for again, and may deliver to the same inbox twice. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'On NATS a consumer that was not answered for is asked for again, and may deliver to the same inbox twice.',
  patches: [
    {
      file: 'src/engines/nats/stream.ts',
      find: '    const body = await this.link.askOnce(',
      replace: '    const body = await this.link.ask(',
    },
  ],
  seenBy: 'test/engines/nats/feed.test.ts',
};
