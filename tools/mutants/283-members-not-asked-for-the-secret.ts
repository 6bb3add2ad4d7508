/** Snapshots come in without a proof of the secret. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Snapshots come in without a proof of the secret.',
  patches: [
    {
      file: 'src/node/incoming.ts',
      find: 'if (secret === undefined || !speaksAsMember(hello)) {',
      replace: "if (secret === undefined || hello.purpose !== 'peer') {",
    },
  ],
  seenBy: 'test/node/secured-members.test.ts',
};
