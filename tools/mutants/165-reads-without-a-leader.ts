/** Reads that wait for the leader’s answer are forgotten when the leader changes. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Reads that wait for the leader’s answer are forgotten when the leader changes.',
  patches: [
    {
      file: 'src/raft/roles.ts',
      find: `    state.failReads(state.followerReads.takeAll(), readLost(state.settings.group, 'the leader changed'));
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/reads.test.ts',
};
