/** A member that was removed goes on telling watches that all is quiet. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member that was removed goes on telling watches that all is quiet.',
  patches: [
    {
      file: 'src/node/subscriptions.ts',
      find: '    return now - this.#keptUpAtMs > behindMsMax;',
      replace: '    return now - this.#keptUpAtMs < 0;',
    },
  ],
  seenBy: 'test/node/subscriptions.test.ts',
};
