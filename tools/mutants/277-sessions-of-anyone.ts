/** Whoever knows the number of a session may use it. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Whoever knows the number of a session may use it.',
  patches: [
    {
      file: 'src/mvcc/rights.ts',
      find: "  if (session !== undefined && !owns(session.session)) return 'lease';\n",
      replace: '',
    },
  ],
  seenBy: 'test/mvcc/security.test.ts',
};
