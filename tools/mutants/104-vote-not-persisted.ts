/** Term and vote change in memory, and nobody writes them. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Term and vote change in memory, and nobody writes them.',
  patches: [
    {
      file: 'src/raft/group-state.ts',
      find: `    this.outbox.markHardState();
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/votes.test.ts',
};
