/** A node that asks to be taken in needs no proof of the secret. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A node that asks to be taken in needs no proof of the secret.',
  judges: ['node'],
  patches: [
    {
      file: 'src/net/hello.ts',
      find: "  return purpose !== 'client' || asMember === true;",
      replace: "  return purpose !== 'client' && asMember !== true;",
    },
  ],
};
