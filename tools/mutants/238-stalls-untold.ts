/** The groups do not hear that the event loop stood still. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The groups do not hear that the event loop stood still.',
  patches: [
    {
      file: 'src/node/node.ts',
      find: `    for (const host of this.#groups.values()) host.step({ kind: 'stalled', stallMs });`,
      replace: `    if (stallMs < 0) for (const host of this.#groups.values()) host.step({ kind: 'stalled', stallMs });`,
    },
  ],
  seenBy: 'test/node/cluster.test.ts',
};
