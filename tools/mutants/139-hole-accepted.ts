/** Entries with a hole between them pass the door. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Entries with a hole between them pass the door.',
  patches: [
    {
      file: 'src/raft/validation.ts',
      find: `    if (entry.index !== before.index + 1) return \`its entry \${entry.index} follows \${before.index}\`;
`,
      replace: '',
    },
  ],
  seenBy: 'test/raft/refusals.test.ts',
};
