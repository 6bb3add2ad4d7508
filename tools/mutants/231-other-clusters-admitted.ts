/** Members of another cluster are let in. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Members of another cluster are let in.',
  patches: [
    {
      file: 'src/node/admission.ts',
      find: `  if (hello.cluster !== cluster)
`,
      replace: `  if (hello.cluster === '')
`,
    },
  ],
  seenBy: 'test/node/node-doors.test.ts',
};
