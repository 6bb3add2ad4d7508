/** A granted pre-vote, which binds nobody, counts as a vote. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A granted pre-vote, which binds nobody, counts as a vote.',
  patches: [
    {
      file: 'src/raft/election.ts',
      find: `  if (role.kind !== (reply.preVote ? 'pre-candidate' : 'candidate')) return;
`,
      replace: `  if (role.kind !== 'pre-candidate' && role.kind !== 'candidate') return;
`,
    },
    {
      file: 'src/raft/election.ts',
      find: `  if (reply.preVote && reply.granted && reply.term !== state.term + 1) return;
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/elections.test.ts',
};
