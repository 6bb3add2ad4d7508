/** A candidate asks for votes before its own is durable; after a crash it votes for another. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A candidate asks for votes before its own is durable; after a crash it votes for another.',
  patches: [
    {
      file: 'src/raft/election.ts',
      find: '    state.outbox.sendAfterHardState(request);',
      replace: '    state.outbox.send(request);',
    },
  ],
  seenBy: 'test/raft/elections.test.ts',
};
