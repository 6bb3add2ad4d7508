/** An acknowledgement waits for the disk while a new term replaces what it speaks of, and leaves all the same. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'An acknowledgement waits for the disk while a new term replaces what it speaks of, and leaves all the same.',
  patches: [
    {
      file: 'src/raft/group-state.ts',
      find: `    if (term > this.term) this.outbox.forgetWaiting();
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/replication.test.ts',
};
