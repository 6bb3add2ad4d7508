/** Rights that are taken away leave the watches that they allowed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Rights that are taken away leave the watches that they allowed.',
  patches: [
    {
      file: 'src/node/store-machine.ts',
      find: '    if (version === this.#judgedBy) return;',
      replace: '    if (version >= this.#judgedBy) return;',
    },
  ],
  seenBy: 'test/client/security.test.ts',
};
