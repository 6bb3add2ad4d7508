/** The name of the cluster is not sealed along, so clusters with one key and one checksum are one. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The name of the cluster is not sealed along, so clusters with one key and one checksum are one.',
  patches: [
    {
      file: 'src/membership/envelope.ts',
      find: 'associated.set(this.#cluster, headBytes);',
      replace: 'associated.fill(0, headBytes);',
    },
  ],
  seenBy: 'test/membership/envelope.test.ts',
};
