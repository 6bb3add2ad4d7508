/** A live member may be moved by whoever has its id and a higher incarnation: two processes take turns in one name. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A live member may be moved by whoever has its id and a higher incarnation: two processes take turns in one name.',
  patches: [
    {
      file: 'src/gossip/beliefs.ts',
      find: 'if (claim.content.address !== member.address && (isLive(member.status) || !isNewer)) {',
      replace: 'if (claim.content.address !== member.address && !isNewer) {',
    },
  ],
  seenBy: 'test/gossip/beliefs.test.ts',
};
