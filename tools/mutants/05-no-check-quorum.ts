/** A leader that reaches only a minority stays, and its heartbeats keep a bridge from electing another. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader that reaches only a minority stays, and its heartbeats keep a bridge from electing another.',
  patches: [
    {
      file: 'src/raft/ticking.ts',
      find: '  if (role.quorumTicks >= settings.electionTicksMax && !checkQuorum(state, role)) {',
      replace: '  if (role.quorumTicks < 0 && !checkQuorum(state, role)) {',
    },
  ],
  seenBy: 'test/raft/elections.test.ts',
};
