/** A voter that is demoted becomes a learner while the outgoing half still needs its vote. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A voter that is demoted becomes a learner while the outgoing half still needs its vote.',
  patches: [
    {
      file: 'src/raft/change.ts',
      find: '    learners: learners.filter((member) => !current.voters.includes(member)),',
      replace: '    learners,',
    },
  ],
  seenBy: 'test/raft/change.test.ts',
};
