/** Votes are counted as they come in, so that one which arrives twice counts twice. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Votes are counted as they come in, so that one which arrives twice counts twice.',
  patches: [
    {
      file: 'src/raft/election.ts',
      find: '  if (!role.votes.has(reply.from)) role.votes.set(reply.from, reply.granted);',
      replace: '  role.votes.set(-1 - role.votes.size, reply.granted);',
    },
    {
      file: 'src/raft/election.ts',
      find: '  return voteResult(state.memberships.current, (member) => role.votes.get(member));',
      replace: `  const granted = [...role.votes.values()].filter(Boolean).length;
  return granted * 2 > state.memberships.current.voters.length ? 'won' : 'pending';`,
    },
  ],
  seenBy: 'test/raft/elections.test.ts',
};
