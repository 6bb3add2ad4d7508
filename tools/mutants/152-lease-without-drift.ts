/** The lease takes both clocks to run alike. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The lease takes both clocks to run alike.',
  patches: [
    {
      file: 'src/raft/options.ts',
      find: `    ((settings.electionTicksMin - 1) * settings.tickMs * (1 - settings.clockDriftMax)) /
    (1 + settings.clockDriftMax)`,
      replace: '    (settings.electionTicksMin - 1) * settings.tickMs',
    },
  ],
  seenBy: 'test/raft/options.test.ts',
};
