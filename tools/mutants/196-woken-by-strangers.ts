/** A message that is refused wakes the group. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A message that is refused wakes the group.',
  patches: [
    {
      file: 'src/raft/raft-group.ts',
      find: '    const fault = messageFault(state.settings, message) ?? contradiction(state, message);',
      replace: `    if (state.quiescent) wake(state);
    const fault = messageFault(state.settings, message) ?? contradiction(state, message);`,
    },
  ],
  seenBy: 'test/raft/levels.test.ts',
};
