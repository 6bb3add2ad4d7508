/** A late claim that a member is healthy is believed although it is suspect or dead in the same incarnation. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A late claim that a member is healthy is believed although it is suspect or dead in the same incarnation.',
  patches: [
    {
      file: 'src/gossip/beliefs.ts',
      find: 'const isNewer = claim.incarnation > member.incarnation;',
      replace: "const isNewer = claim.incarnation > member.incarnation || member.status !== 'HEALTHY';",
    },
  ],
  seenBy: 'test/gossip/beliefs.test.ts',
};
