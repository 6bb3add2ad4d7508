/** A member whose disk is full goes on telling watches that all is quiet. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member whose disk is full goes on telling watches that all is quiet.',
  patches: [
    {
      file: 'src/node/group-host.ts',
      find: 'hasLeader && !isStalled && this.#backlog === undefined',
      replace: 'hasLeader || isStalled',
    },
  ],
  seenBy: 'test/node/subscriptions.test.ts',
};
