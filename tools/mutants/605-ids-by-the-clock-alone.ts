/** Ids begin at the clock and not behind the mark, so a clock that went back gives them out again. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Ids begin at the clock and not behind the mark, so a clock that went back gives them out again.',
  patches: [
    {
      file: 'src/recipes/id-generator.ts',
      find: '    let timeMs = Math.max(nowMs, this.#timeMs, worker.mark.fromMs);',
      replace: '    let timeMs = Math.max(nowMs, this.#timeMs);',
    },
  ],
  seenBy: 'test/recipes/id-generator.test.ts',
};
