/** Who begins to watch in the middle of a turn hears what was published before. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Who begins to watch in the middle of a turn hears what was published before.',
  patches: [
    {
      file: 'src/node/store-watches.ts',
      find: '    this.#tellPublished();\n    const credential',
      replace: '    const credential',
    },
  ],
  seenBy: 'test/node/store-machine.test.ts',
};
