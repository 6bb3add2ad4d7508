/** Another snapshot takes the calls under way from an instance that is in both. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Another snapshot takes the calls under way from an instance that is in both.',
  patches: [
    {
      file: 'src/discovery/balancing/slot-table.ts',
      find: 'known !== undefined && known.instance.token === instance.token',
      replace: 'known?.instance === instance',
    },
  ],
  seenBy: 'test/discovery/balancing/balancer.test.ts',
};
