/** A renewal that a member of etcd takes and never answers is sent to it again and again, until the session is lost. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A renewal that a member of etcd takes and never answers is sent to it again and again, until the session is lost.',
  patches: [
    {
      file: 'src/engines/etcd/calls.ts',
      find: 'if (lates === 2 && call.movesWhenLate === true) members.retire(channel);',
      replace: '',
    },
  ],
  seenBy: 'test/engines/etcd/engine.test.ts',
};
