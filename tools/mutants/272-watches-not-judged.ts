/** A watch is not judged when it begins. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A watch is not judged when it begins.',
  patches: [
    {
      file: 'src/node/store-watches.ts',
      find: '    if (refusal !== undefined) throw refusalError(refusal);\n',
      replace: "    if (refusal?.code === 'unauthenticated') throw refusalError(refusal);\n",
    },
  ],
  seenBy: 'test/client/security.test.ts',
};
