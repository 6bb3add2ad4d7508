/** A vote that was given in an earlier term counts in this one. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A vote that was given in an earlier term counts in this one.',
  patches: [
    {
      file: 'src/raft/receiving.ts',
      find: '  if (message.term < state.term) {',
      replace: "  if (message.term < state.term && message.kind !== 'vote-reply') {",
    },
  ],
  seenBy: 'test/raft/elections.test.ts',
};
