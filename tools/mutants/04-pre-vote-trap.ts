/** Who asks for pre-votes with a low term is told the newer one, and does not take it up. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who asks for pre-votes with a low term is told the newer one, and does not take it up.',
  patches: [
    {
      file: 'src/raft/receiving.ts',
      find: "  return !(message.kind === 'vote-reply' && message.preVote && message.granted);",
      replace: "  return !(message.kind === 'vote-reply' && message.preVote);",
    },
  ],
  seenBy: 'test/raft/elections.test.ts',
};
