/** A view believes a listing from the past, and instances that are gone are called again. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A view believes a listing from the past, and instances that are gone are called again.',
  patches: [
    {
      file: 'src/discovery/known-instances.ts',
      find: `    else if (this.#isFromThePast(batch.items)) return { kind: 'from-the-past' };
`,
      replace: `    else if (this.#isFromThePast([])) return { kind: 'from-the-past' };
`,
    },
  ],
  seenBy: 'test/discovery/view.test.ts',
};
