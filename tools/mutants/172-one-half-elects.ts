/** While joint, the incoming half elects alone. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'While joint, the incoming half elects alone.',
  patches: [
    {
      file: 'src/raft/quorum.ts',
      find: `  const incoming = majorityVote(configuration.voters, of);
  if (configuration.outgoing.length === 0) return incoming;`,
      replace: `  const incoming = majorityVote(configuration.voters, of);
  if (configuration.outgoing.length >= 0) return incoming;`,
    },
  ],
  seenBy: 'test/raft/quorum.test.ts',
};
