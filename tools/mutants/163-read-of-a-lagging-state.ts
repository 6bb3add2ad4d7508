/** A read is served before the state machine holds what it must see. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A read is served before the state machine holds what it must see.',
  patches: [
    {
      file: 'src/raft/group-state.ts',
      find: '    if (index <= this.applied) this.readyReads.push(...ids);',
      replace: '    if (index >= 0) this.readyReads.push(...ids);',
    },
  ],
  seenBy: 'test/raft/reads.test.ts',
};
