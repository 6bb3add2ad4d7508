/** A learner is promoted however far behind it is. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A learner is promoted however far behind it is.',
  patches: [
    {
      file: 'src/raft/leader-members.ts',
      find: "    progress.recentlyHeard && progress.pace.kind === 'replicate' && lag <= state.settings.promotionLagMax",
      replace: '    lag >= 0',
    },
  ],
  seenBy: 'test/raft/membership.test.ts',
};
