/** A request of nobody is carried out while users count. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A request of nobody is carried out while users count.',
  patches: [
    {
      file: 'src/mvcc/security.ts',
      find: "      return refuse('unauthenticated');\n    }\n    const judged",
      replace: '      return undefined;\n    }\n    const judged',
    },
  ],
  seenBy: 'test/mvcc/security.test.ts',
};
