/** A repaired member is whole while its log still holds the damaged places. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A repaired member is whole while its log still holds the damaged places.',
  patches: [
    {
      file: 'src/node/repairs.ts',
      find: `      if (!(await this.#letGo())) throw new Error('the log still needs a damaged segment');
`,
      replace: '',
    },
  ],
  seenBy: 'test/node/repairs.test.ts',
};
