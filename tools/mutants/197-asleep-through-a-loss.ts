/** A silent member whose leader is gone sleeps on. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A silent member whose leader is gone sleeps on.',
  patches: [
    {
      file: 'src/raft/raft-group.ts',
      find: "'snapshot-taken', 'stalled'].includes",
      replace: "'snapshot-taken', 'stalled', 'unreachable'].includes",
    },
  ],
};
