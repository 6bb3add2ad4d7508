/** A restarted member votes at once, though a leader may rely on what it promised before. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A restarted member votes at once, though a leader may rely on what it promised before.',
  patches: [
    {
      file: 'src/raft/group-state.ts',
      find: '    this.promiseTicks = this.promiseBinds ? 0 : settings.electionTicksMin;',
      replace: '    this.promiseTicks = settings.electionTicksMin;',
    },
  ],
  seenBy: 'test/raft/leases.test.ts',
};
