/** A snapshot that came is given its name without reading it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A snapshot that came is given its name without reading it.',
  patches: [
    {
      file: 'src/storage/snapshot/snapshot-receiver.ts',
      find: `      await this.#prove();
`,
      replace: '',
    },
  ],
  seenBy: 'test/storage/snapshot-crashes.test.ts',
};
