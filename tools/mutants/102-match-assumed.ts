/** A new leader assumes that everybody holds what it holds. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A new leader assumes that everybody holds what it holds.',
  patches: [
    {
      file: 'src/raft/progress.ts',
      find: '    this.#next = init.next;',
      replace: `    this.#next = init.next;
    this.#match = init.next - 1;`,
    },
  ],
  seenBy: 'test/raft/progress.test.ts',
};
