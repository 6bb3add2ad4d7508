/** Reads that wait when leadership ends are forgotten. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Reads that wait when leadership ends are forgotten.',
  patches: [
    {
      file: 'src/raft/roles.ts',
      find: `  if (before.kind === 'leader') endLeadership(state, before);
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/reads.test.ts',
};
