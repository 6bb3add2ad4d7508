/** A password that changes leaves those logged in who used the old one. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A password that changes leaves those logged in who used the old one.',
  patches: [
    {
      file: 'src/mvcc/security.ts',
      find: 'users: [...others, { ...user, credential, password }]',
      replace: 'users: [...others, { ...user, password }]',
    },
  ],
  seenBy: 'test/mvcc/security.test.ts',
};
