/** A member may speak in the name of another. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A member may speak in the name of another.',
  patches: [
    {
      file: 'src/node/incoming.ts',
      find: `      if (message.from !== member)
`,
      replace: `      if (message.from < 0)
`,
    },
  ],
  seenBy: 'test/node/incoming.test.ts',
};
