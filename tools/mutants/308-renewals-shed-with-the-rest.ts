/** An overloaded node refuses renewals of leases like everything else. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An overloaded node refuses renewals of leases like everything else.',
  patches: [
    {
      file: 'src/node/questions.ts',
      find: 'if (!isUrgent && host.leads)',
      replace: 'if (host.leads)',
    },
  ],
  seenBy: 'test/node/load-guard.test.ts',
};
