/** A node that asks to be taken in needs no proof of the secret. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A node that asks to be taken in needs no proof of the secret.',
  patches: [
    {
      file: 'src/net/hello.ts',
      find: "  return purpose === 'peer' || purpose === 'snapshot' || asMember === true;",
      replace: "  return (purpose === 'peer' || purpose === 'snapshot') && asMember !== true;",
    },
  ],
  seenBy: 'test/node/secured-members.test.ts',
};
