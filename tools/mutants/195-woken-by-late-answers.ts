/** Answers to the last heartbeats wake the leader, so the group never falls silent. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Answers to the last heartbeats wake the leader, so the group never falls silent.',
  patches: [
    {
      file: 'src/raft/raft-group.ts',
      find: '    if (state.quiescent && !isLateAnswer(state, message)) wake(state);',
      replace: '    if (state.quiescent) wake(state);',
    },
  ],
  seenBy: 'test/raft/levels.test.ts',
};
