/** A node that starts again looks only at what is said of its present incarnation, and stays dead to those who remember a higher one. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A node that starts again looks only at what is said of its present incarnation, and stays dead to those who remember a higher one.',
  patches: [
    {
      file: 'src/gossip/own-life.ts',
      find: "    if (claim.status === 'SUSPECT' || claim.status === 'UNHEALTHY') health.worse(1);",
      replace:
        "    if (claim.incarnation > self.incarnation) return 'known';\n    if (claim.status === 'SUSPECT' || claim.status === 'UNHEALTHY') health.worse(1);",
    },
  ],
  seenBy: 'test/gossip/own-life.test.ts',
};
