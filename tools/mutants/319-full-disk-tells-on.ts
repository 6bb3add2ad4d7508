/** A member whose disk is full goes on telling watches that all is quiet. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member whose disk is full goes on telling watches that all is quiet.',
  patches: [
    {
      file: 'src/node/group-host.ts',
      find: 'hasLeader && !isStalled && getsOn',
      replace: 'hasLeader || isStalled',
    },
  ],
  seenBy: 'test/node/subscriptions.test.ts',
};
