/** A vote is given while the leader is well and heard. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A vote is given while the leader is well and heard.',
  patches: [
    {
      file: 'src/raft/receiving.ts',
      find: `    (state.role.kind === 'leader' || state.hasPromised) &&
`,
      replace: `    state.term < 0 &&
`,
    },
  ],
  seenBy: 'test/raft/campaigns.test.ts',
};
