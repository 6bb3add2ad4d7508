/** A learner that does not know of its promotion refuses the vote that the group needs. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A learner that does not know of its promotion refuses the vote that the group needs.',
  patches: [
    {
      file: 'src/raft/election.ts',
      find: '  if (state.damaged || !state.log.isUpToDate(request.last)) return false;',
      replace: `  if (state.damaged || !isVoter(state.memberships.current, state.member)) return false;
  if (!state.log.isUpToDate(request.last)) return false;`,
    },
  ],
  seenBy: 'test/raft/membership.test.ts',
};
