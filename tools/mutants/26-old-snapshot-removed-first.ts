/** The snapshot before is removed before the log knows of the new one. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The snapshot before is removed before the log knows of the new one.',
  patches: [
    {
      file: 'src/node/snapshot-keeper.ts',
      find: '    this.#options.persist({ group, snapshot: mark }, () => {',
      replace: `    this.#follow(this.#prune(group, mark.index));
    this.#options.persist({ group, snapshot: mark }, () => {`,
    },
  ],
  seenBy: 'test/node/snapshot-keeper.test.ts',
};
