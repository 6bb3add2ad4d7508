/** An append that a full disk refused counts as written. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An append that a full disk refused counts as written.',
  patches: [
    {
      file: 'src/node/persist-queue.ts',
      find: '    this.#retry = this.#options.clock.setTimer(this.#options.diskFullRetryMs, () => this.#write(batch));',
      replace:
        '    this.#retry = this.#options.clock.setTimer(this.#options.diskFullRetryMs, () => this.#written(batch));',
    },
  ],
  seenBy: 'test/node/persist-queue.test.ts',
};
