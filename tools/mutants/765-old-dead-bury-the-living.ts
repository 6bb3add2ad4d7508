/** What another view says of the dead is believed as it is: after a partition each half buries itself. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'What another view says of the dead is believed as it is: after a partition each half buries itself.',
  patches: [
    {
      file: 'src/gossip/beliefs.ts',
      find: "if (claim.status !== 'UNHEALTHY' || member === undefined || !isLive(member.status)) {",
      replace: "if (claim.status !== 'SUSPECT' || member === undefined || !isLive(member.status)) {",
    },
  ],
  seenBy: 'test/gossip/beliefs.test.ts',
};
