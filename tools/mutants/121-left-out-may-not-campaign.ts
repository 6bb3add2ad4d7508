/** Those whom an uncommitted configuration leaves out do not campaign, though nobody else can (figure 4.6). */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Those whom an uncommitted configuration leaves out do not campaign, though nobody else can (figure 4.6).',
  patches: [
    {
      file: 'src/raft/election.ts',
      find: '  const isNeeded = isVoter(memberships.current, member) || isVoter(memberships.at(commit), member);',
      replace: '  const isNeeded = isVoter(memberships.current, member);',
    },
  ],
  seenBy: 'test/raft/removal.test.ts',
};
