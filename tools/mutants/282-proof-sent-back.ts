/** A proof of the secret can be sent back to where it came from. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A proof of the secret can be sent back to where it came from.',
  patches: [
    {
      file: 'src/node/member-proof.ts',
      find: '    writer.text(side);\n',
      replace: '',
    },
  ],
  seenBy: 'test/node/member-secret.test.ts',
};
