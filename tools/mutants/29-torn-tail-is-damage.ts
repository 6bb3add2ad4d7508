/** A torn tail, never acknowledged, counts as damage, and the node does not start. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A torn tail, never acknowledged, counts as damage, and the node does not start.',
  patches: [
    {
      file: 'src/storage/log/chain-walk.ts',
      find: '    if (this.#endIsUnreadable()) {',
      replace: '    if (broken !== undefined || this.#endIsUnreadable()) {',
    },
  ],
  seenBy: 'test/storage/log-damage.test.ts',
};
