/** A joint configuration is taken up by the leader only when it is committed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A joint configuration is taken up by the leader only when it is committed.',
  patches: [
    {
      file: 'src/raft/replication.ts',
      find: '  const reached = reachedByQuorum(state.memberships.current, (member) =>',
      replace: '  const reached = reachedByQuorum(state.memberships.at(state.commit), (member) =>',
    },
  ],
  seenBy: 'test/raft/membership.test.ts',
};
