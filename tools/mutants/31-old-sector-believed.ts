/** A flush whose check the next one does not confirm is believed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A flush whose check the next one does not confirm is believed.',
  patches: [
    {
      file: 'src/storage/log/chain-walk.ts',
      find: `    if (this.lastCheck !== undefined && header.previousCheck !== this.lastCheck) this.#distrustHeld();
`,
      replace: '',
    },
  ],
  seenBy: 'test/storage/log-hazards.test.ts',
};
