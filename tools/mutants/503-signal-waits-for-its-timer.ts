/** The signal of what is held is told by a timer alone, which is late after the process stood still. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The signal of what is held is told by a timer alone, which is late after the process stood still.',
  patches: [
    {
      file: 'src/recipes/hold.ts',
      find: '    this.#lost = { controller, signal: watchfulSignal(controller.signal, () => this.#endNow()) };',
      replace: '    this.#lost = { controller, signal: controller.signal };',
    },
  ],
  seenBy: 'test/recipes/hold.test.ts',
};
