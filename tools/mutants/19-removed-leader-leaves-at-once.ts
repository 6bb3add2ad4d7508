/** A leader that removes itself steps down before the entry is committed; the other one of two waits for ever. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader that removes itself steps down before the entry is committed; the other one of two waits for ever.',
  patches: [
    {
      file: 'src/raft/leader-members.ts',
      find: `  const { current, index } = state.memberships;
  if (index > state.commit`,
      replace: `  const { current, index } = state.memberships;
  if (!isJoint(current) && !current.voters.includes(state.member)) return 'step-down';
  if (index > state.commit`,
    },
  ],
  seenBy: 'test/raft/removal.test.ts',
};
