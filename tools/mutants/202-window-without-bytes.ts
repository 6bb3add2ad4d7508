/** Messages on the way to a follower are not bounded in bytes. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Messages on the way to a follower are not bounded in bytes.',
  patches: [
    {
      file: 'src/raft/inflight.ts',
      find: '    return this.#sent.size >= this.#messagesMax || this.#bytes >= this.#bytesMax;',
      replace: '    return this.#sent.size >= this.#messagesMax;',
    },
  ],
  seenBy: 'test/raft/progress.test.ts',
};
