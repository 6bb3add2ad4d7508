/** A leader tells clients to try again what a member of an older release keeps it from taking, until their deadlines. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A leader tells clients to try again what a member of an older release keeps it from taking, until their deadlines.',
  patches: [
    {
      file: 'src/raft/refusals.ts',
      find: '    retryable: isRising,',
      replace: '    retryable: true,',
    },
  ],
  seenBy: 'test/raft/levels.test.ts',
};
