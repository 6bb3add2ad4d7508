/** Messages on the way to a follower are not bounded in number. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Messages on the way to a follower are not bounded in number.',
  patches: [
    {
      file: 'src/raft/inflight.ts',
      find: '    return this.#sent.size >= this.#messagesMax || this.#bytes',
      replace: '    return this.#bytes',
    },
  ],
  seenBy: 'test/raft/progress.test.ts',
};
