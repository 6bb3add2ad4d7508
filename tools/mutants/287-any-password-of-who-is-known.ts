/** Whoever has logged in at a node before gets in there by any password. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Whoever has logged in at a node before gets in there by any password.',
  patches: [
    {
      file: 'src/node/login-desk.ts',
      find: '    return this.#options.cryptography.isEqual(code, this.#codeOf(login)) ? credential : undefined;',
      replace: '    return this.#options.cryptography.isEqual(code, code) ? credential : undefined;',
    },
  ],
  seenBy: 'test/node/login-desk.test.ts',
};
