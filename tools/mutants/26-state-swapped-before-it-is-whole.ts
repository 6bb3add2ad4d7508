/** The place of the new state is named before the state in it is durable. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A crash in the middle of an install finds neither the old state nor the new one.',
  patches: [
    {
      file: 'src/node/store-on-disk.ts',
      find: `      await fill(store, index, chunks);
      await this.#directory.swap();
`,
      replace: `      await this.#directory.swap();
      await fill(store, index, chunks);
`,
    },
  ],
  seenBy: 'test/node/store-on-disk.test.ts',
};
