/** A heartbeat that arrives behind the goodbye brings the member back. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A heartbeat that arrives behind the goodbye brings the member back.',
  patches: [
    {
      file: 'src/gossip/detection/judging-detector.ts',
      find: "if (member.status === 'LEFT') return undefined;",
      replace: "if (member.status === 'LEFT') member.status = 'UNKNOWN';",
    },
  ],
  seenBy: 'test/gossip/detection/detectors.test.ts',
};
