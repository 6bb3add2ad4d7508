/** A task is begun before the note of its run is accepted, so a leader that was superseded runs it too. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A task is begun before the note of its run is accepted, so a leader that was superseded runs it too.',
  patches: [
    {
      file: 'src/recipes/singleton.ts',
      find: '    await this.#note(begun, leadership);',
      replace: '    this.#note(begun, leadership).catch(() => false);',
    },
  ],
  seenBy: 'test/recipes/singleton.test.ts',
};
