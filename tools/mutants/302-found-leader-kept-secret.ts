/** A client that has found the leader lets its other calls sleep on. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A client that has found the leader lets its other calls sleep on.',
  patches: [
    {
      file: 'src/client/cluster-client.ts',
      find: 'if (isForLeader(call)) this.#pauses.found();',
      replace: '',
    },
  ],
  seenBy: 'test/client/retry-pauses.test.ts',
};
