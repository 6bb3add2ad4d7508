/** A vote is told before it is durable; after a crash the member votes for another in the same term. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A vote is told before it is durable; after a crash the member votes for another in the same term.',
  patches: [
    {
      file: 'src/raft/election.ts',
      find: `  state.outbox.sendAfterHardState({
`,
      replace: `  state.outbox.send({
`,
    },
  ],
  seenBy: 'test/raft/votes.test.ts',
};
