/** A sole voter whose log has lost entries starts without them. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A sole voter whose log has lost entries starts without them.',
  patches: [
    {
      file: 'src/node/node-storage.ts',
      find: `    if (!hasPeers(options, recovered)) throw error;
    const isVoteIntact`,
      replace: '    const isVoteIntact',
    },
  ],
  seenBy: 'test/node/repair.test.ts',
};
