/** Half of an even number of voters decides: an isolated leader that removes one of three commits alone. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Half of an even number of voters decides: an isolated leader that removes one of three commits alone.',
  patches: [
    {
      file: 'src/raft/quorum.ts',
      find: '  return Math.floor(count / 2) + 1;',
      replace: '  return Math.ceil(count / 2);',
    },
  ],
  seenBy: 'test/raft/membership.test.ts',
};
