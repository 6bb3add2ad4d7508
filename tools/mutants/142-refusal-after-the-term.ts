/** A message is weighed only after its term has been taken up, so a refusal has changed something. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A message is weighed only after its term has been taken up, so a refusal has changed something.',
  patches: [
    {
      file: 'src/raft/raft-group.ts',
      find: '    const fault = messageFault(state.settings, message) ?? contradiction(state, message);',
      replace: `    if (message.term > state.term && message.kind === 'append') becomeFollower(state, message.term, 0, 'heard');
    const fault = messageFault(state.settings, message) ?? contradiction(state, message);`,
    },
  ],
  seenBy: 'test/raft/refusals.test.ts',
};
