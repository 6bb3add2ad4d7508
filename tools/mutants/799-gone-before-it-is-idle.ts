/** A service that is asked to stop takes its registration away before what is under way has ended, and calls to it lose their instance. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A service that is asked to stop takes its registration away before what is under way has ended, and calls to it lose their instance.',
  patches: [
    {
      file: 'src/discovery/draining/drain-order.ts',
      find: "'notice', 'requests', 'registration', 'hooks']",
      replace: "'notice', 'registration', 'requests', 'hooks']",
    },
  ],
  seenBy: 'test/discovery/draining/draining.test.ts',
};
