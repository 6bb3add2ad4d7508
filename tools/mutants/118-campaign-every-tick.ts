/** A single voter with a slow disk begins a new term every tick and is never elected. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A single voter with a slow disk begins a new term every tick and is never elected.',
  patches: [
    {
      file: 'src/raft/ticking.ts',
      find: `  if (role.kind === 'candidate' && !state.outbox.hardStateDurable) return false;
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/campaigns.test.ts',
};
