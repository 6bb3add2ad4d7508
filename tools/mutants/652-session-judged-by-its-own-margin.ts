/** On NATS others end a session when its owner gives up, and not when its whole time to live is over. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'On NATS others end a session when its owner gives up, and not when its whole time to live is over.',
  patches: [
    {
      file: 'src/engines/nats/session-records.ts',
      find: 'const silentAt = clock.now() + ttlMs + ',
      replace: 'const silentAt = clock.now() + ttlMs * 0.95 + ',
    },
  ],
  seenBy: 'test/engines/nats/sessions.test.ts',
};
