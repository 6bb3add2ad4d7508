/** Election timeouts are not drawn anew, so split votes repeat. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Election timeouts are not drawn anew, so split votes repeat.',
  patches: [
    {
      file: 'src/raft/group-state.ts',
      find: '    this.electionTimeout = this.prng.between(electionTicksMin, electionTicksMax) + handicap;',
      replace: '    this.electionTimeout = electionTicksMin + handicap;',
    },
  ],
  seenBy: 'test/raft/repair.test.ts',
};
