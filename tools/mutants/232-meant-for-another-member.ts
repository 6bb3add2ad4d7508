/** A connection that was meant for another member is let in. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A connection that was meant for another member is let in.',
  patches: [
    {
      file: 'src/node/admission.ts',
      find: `  if (hello.to !== 0 && hello.to !== member)
`,
      replace: `  if (hello.to < 0)
`,
    },
  ],
  seenBy: 'test/node/node-doors.test.ts',
};
