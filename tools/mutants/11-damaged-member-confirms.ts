/** The answer of a member that may have forgotten a later leader confirms a read. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The answer of a member that may have forgotten a later leader confirms a read.',
  patches: [
    {
      file: 'src/raft/progress.ts',
      find: '    return this.#damaged ? 0 : this.#countedRound;',
      replace: '    return this.#countedRound;',
    },
    {
      file: 'src/raft/progress.ts',
      find: '    if (!this.#damaged && round > this.#countedRound) this.#countedRound = round;',
      replace: '    if (round > this.#countedRound) this.#countedRound = round;',
    },
  ],
  seenBy: 'test/raft/durability.test.ts',
};
