/** A proof of the secret is good for any member. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A proof of the secret is good for any member.',
  patches: [
    {
      file: 'src/node/member-proof.ts',
      find: '    writer.block(hello);\n',
      replace: '',
    },
  ],
  seenBy: 'test/node/member-secret.test.ts',
};
