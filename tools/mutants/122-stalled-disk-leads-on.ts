/** A leader whose disk does not answer keeps its office, and nobody commits anything. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader whose disk does not answer keeps its office, and nobody commits anything.',
  patches: [
    {
      file: 'src/raft/ticking.ts',
      find: '  if (state.diskTicks >= settings.diskStallTicksMax) {',
      replace: '  if (state.diskTicks < 0) {',
    },
  ],
  seenBy: 'test/raft/durability.test.ts',
};
