/** Reads are answered from a state machine into which a snapshot is being restored. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Reads are answered from a state machine into which a snapshot is being restored.',
  patches: [
    {
      file: 'src/node/group-host.ts',
      find: `    if (this.#isRestoring) return;
    let bytes = 0;`,
      replace: '    let bytes = 0;',
    },
  ],
  seenBy: 'test/node/group-host.test.ts',
};
