/** Whoever has shown that it is a member may add and describe others. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Whoever has shown that it is a member may add and describe others.',
  patches: [
    {
      file: 'src/node/gatekeeper.ts',
      find: "    const isOwn = caller.member === member && (kind === 'add' || kind === 'update');",
      replace:
        "    const isOwn = caller.member !== undefined && (kind === 'add' || kind === 'update') && member > 0;",
    },
  ],
  seenBy: 'test/node/secured-members.test.ts',
};
