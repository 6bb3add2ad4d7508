/** A member that may have forgotten a vote gives another. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member that may have forgotten a vote gives another.',
  patches: [
    {
      file: 'src/raft/election.ts',
      find: '  if (state.damaged || !state.log.isUpToDate(request.last)) return false;',
      replace: '  if (!state.log.isUpToDate(request.last)) return false;',
    },
  ],
  seenBy: 'test/raft/votes.test.ts',
};
