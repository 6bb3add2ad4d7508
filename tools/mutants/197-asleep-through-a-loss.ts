/** A silent member whose leader is gone sleeps on. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A silent member whose leader is gone sleeps on.',
  patches: [
    {
      file: 'src/raft/heartbeats.ts',
      find: `    'made-whole',
  ].includes(kind);`,
      replace: `    'made-whole',
    'unreachable',
  ].includes(kind);`,
    },
  ],
  seenBy: 'test/raft/quiescence.test.ts',
};
