/** A torn tail is not cut: the log goes on behind it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A torn tail is not cut: the log goes on behind it.',
  patches: [
    {
      file: 'src/storage/log/chain-walk.ts',
      find: '      position: this.#position === sectorBytes ? 0 : this.#position,',
      replace: '      position: broken?.end ?? (this.#position === sectorBytes ? 0 : this.#position),',
    },
  ],
  seenBy: 'test/storage/log-crashes.test.ts',
};
