/** A second try of a call in doubt that did nothing frees its key, as if it had found out what the first one did. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A second try of a call in doubt that did nothing frees the key, so the first one may be carried out twice.',
  patches: [
    {
      file: 'src/recipes/resilience/engine-answers.ts',
      find: "return this.#isOver(record) ? undefined : encodeRecord({ ...record, state: 'in-doubt' }, item.key);",
      replace: 'return undefined;',
    },
  ],
  seenBy: 'test/recipes/resilience/engine-answers.test.ts',
};
