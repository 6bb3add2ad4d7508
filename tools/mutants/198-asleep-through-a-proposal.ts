/** A proposal is sent, and the leader’s heartbeats stay silent. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A proposal is sent, and the leader’s heartbeats stay silent.',
  patches: [
    {
      file: 'src/raft/heartbeats.ts',
      find: `    'made-whole',
  ].includes(kind);`,
      replace: `    'made-whole',
    'propose',
  ].includes(kind);`,
    },
  ],
  seenBy: 'test/raft/quiescence.test.ts',
};
